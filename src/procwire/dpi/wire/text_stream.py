"""A stream of SIP's or RTSP's messages, cut: heads with their bodies, what stands between, gaps.

Holds at most a head and ``MAX_BODY`` of each side; a longer body is passed over unread. Behind a gap a side
is lost until a message begins a piece again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from procwire.dpi.wire import text_message
from procwire.dpi.wire.text_message import MAX_BODY, Head

SHOWN = 2048  # bytes by which a message's beginning is judged
LEAST = 4  # bytes of what may stand between messages, by which its length is known

Judge = Callable[[bytes], bool]
Between = Callable[[bytearray], int]


class TextStream:
    """Both sides. ``begins``: whether a message can begin so; ``between``: length of what is none, or 0."""

    __slots__ = ("_begins", "_between", "_heads", "_held", "_lost", "_owed", "_seen", "lossy", "passed")

    def __init__(self, begins: Judge, between: Between | None = None) -> None:
        self._begins = begins
        self._between = between
        self._held = (bytearray(), bytearray())
        self._heads: list[Head | None] = [None, None]  # whose body is not whole
        self._seen = [0, 0]  # bytes that no head ended in: they are looked at once, however they come
        self._owed = [0, 0]
        self._lost = [False, False]
        self.lossy = False
        self.passed = 0  # bytes of what stood between messages

    def push(self, side: int, data: bytes) -> Iterator[tuple[Head, bytes]]:
        """The messages that are whole with these bytes: head, and body or nothing of one that is too long."""
        held = self._held[side]
        held += data
        while True:
            head = self._heads[side]
            if head is None:
                self._pay(side, held)
                if self._owed[side] or len(held) < LEAST:
                    return
                passed = self._between(held) if self._between and not self._seen[side] else 0
                if passed:
                    self._owed[side] = passed
                    self.passed += passed
                    continue
                head = text_message.read(held, self._seen[side])
                if head is None:
                    self._seen[side] = len(held)
                    return
            size = head.body
            if size <= MAX_BODY and len(held) < head.size + size:
                self._heads[side] = head
                return
            self._heads[side], self._seen[side] = None, 0
            body = bytes(held[head.size : head.size + size]) if size <= MAX_BODY else b""
            del held[: head.size + len(body)]
            self._owed[side] = size - len(body)
            yield head, body

    def _pay(self, side: int, held: bytearray) -> None:
        """Pass over what is owed, then blank lines, and behind a gap what begins no message."""
        paid = min(self._owed[side], len(held))
        self._owed[side] -= paid
        del held[:paid]
        if self._owed[side] or not held or self._seen[side]:
            return
        if self._lost[side]:
            self._lost[side] = not self._begins(bytes(held[:SHOWN]))
            if self._lost[side]:
                held.clear()
        del held[: len(held) - len(held.lstrip(b"\r\n"))]

    def miss(self, side: int, size: int) -> None:
        """Bytes were never seen; within what is passed over anyway that does not matter."""
        if size <= self._owed[side]:
            self._owed[side] -= size
            return
        self._owed[side] = self._seen[side] = 0
        self._heads[side] = None
        self._held[side].clear()
        self._lost[side] = self.lossy = True

    def skip(self, side: int) -> int:
        """How many bytes need not be seen; they count as passed over."""
        owed, self._owed[side] = self._owed[side], 0
        return owed
