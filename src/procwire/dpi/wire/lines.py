"""One side of a stream as lines, with bodies passed over: for the text protocols.

Holds at most one line. One that is longer than the limit is an error; behind a gap, reading goes on at the
next line. Every byte is looked at once.
"""

from __future__ import annotations

from procwire.dpi.contract import ProtocolError

MAX_SHOWN = 256  # characters kept of a value

_TERMINATOR = b"\r\n.\r\n"


def shown(raw: bytes, limit: int = MAX_SHOWN) -> str:
    """Bytes as one line of text: UTF-8 where they are that; what is not printable is escaped."""
    raw = raw[:limit]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


class Lines:
    """``push`` bytes, then take lines until there is none; ``pass_over`` what is not made of lines."""

    __slots__ = ("_at", "_held", "_inside", "_limit", "_lost", "_owed", "_scanned")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._at = self._scanned = self._owed = 0
        self._lost = self._inside = False

    def push(self, data: bytes) -> None:
        """Take in what came."""
        if self._at:
            del self._held[: self._at]
            self._scanned -= self._at
            self._at = 0
        self._held += data

    def next(self) -> bytes | None:
        """The next whole line without its end, or None. Raises ProtocolError for one beyond the limit."""
        while True:
            if self._owed:
                self._pay()
                if self._owed:
                    return None
            end = self._held.find(b"\n", max(self._at, self._scanned))
            if end < 0:
                self._partial()
                return None
            line = bytes(self._held[self._at : end])
            self._at = self._scanned = end + 1
            if self._lost:
                self._lost = False
                continue
            if len(line) > self._limit:
                raise ProtocolError("line too long")
            return line[:-1] if line[-1:] == b"\r" else line

    def take(self, size: int) -> bytes | None:
        """Exactly ``size`` bytes, or None where they are not all there."""
        if len(self._held) - self._at < size:
            return None
        found = bytes(self._held[self._at : self._at + size])
        self._at += size
        self._scanned = self._at
        return found

    def pass_over(self, size: int) -> None:
        """The next ``size`` bytes are no lines and of no interest."""
        self._owed += size
        self._pay()

    def until_dot(self) -> tuple[int, bool]:
        """Pass over a body that ends with a line of a dot: (bytes passed over now, whether it ended).

        Call it first from a line's start, then until it ended. Bytes that may belong to the end are held.
        """
        start = self._at
        if not self._inside:
            first = bytes(self._held[start : start + 3])
            if first == _TERMINATOR[2:]:
                self._at = self._scanned = start + 3
                return 3, True
            if _TERMINATOR[2:].startswith(first):
                return 0, False
            self._inside = True
        end = self._held.find(_TERMINATOR, start)
        if end >= 0:
            self._at = self._scanned = end + len(_TERMINATOR)
            self._inside = False
            return self._at - start, True
        self._at = self._scanned = max(start, len(self._held) - len(_TERMINATOR) + 1)
        return self._at - start, False

    def skip(self) -> int:
        """How many bytes need not be seen; they count as passed over."""
        owed, self._owed = self._owed, 0
        return owed

    def lose(self, size: int) -> bool:
        """A gap; True where it is inside what is passed over, so that the place is still known."""
        if size <= self._owed:
            self._owed -= size
            return True
        self._owed = 0
        self._held.clear()
        self._at = self._scanned = 0
        self._lost = not self._inside
        return False

    def rest(self) -> bytes:
        """What was not taken; it is held no longer."""
        found = bytes(self._held[self._at :])
        self._held.clear()
        self._at = self._scanned = 0
        return found

    def _pay(self) -> None:
        paid = min(self._owed, len(self._held) - self._at)
        self._owed -= paid
        self._at += paid
        self._scanned = max(self._scanned, self._at)

    def _partial(self) -> None:
        self._scanned = len(self._held)
        if self._scanned - self._at <= self._limit + 1:
            return
        if not self._lost:
            raise ProtocolError("line too long")
        self._at = self._scanned  # still the line that was broken
