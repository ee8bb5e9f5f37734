"""Writing down what stands where: a bounded cursor that notes a part for everything it reads.

What is not there raises ``ShortError``, the only error of this room, and the layer says what is missing.
Inside a part whose size was announced and that is here whole, the fault stays in it, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address

from procwire.dpi.wire.text import plain
from procwire.model.dissected import Field, Layer

MAX_FIELDS = 600  # of one layer; reading ends there, and the layer says so
MAX_LEVEL = 8
MAX_HEX = 24  # bytes of a value that are written as hex
MAX_VALUE = 200  # characters
MAX_SAID = 8  # words about a layer

How = Mapping[int, str] | Callable[[int], str] | None


class ShortError(Exception):
    """The bytes end before the layer does."""


def hexed(data: bytes) -> str:
    """Bytes as hex, the first ones where they are many."""
    return data.hex() if len(data) <= MAX_HEX else f"{data[:MAX_HEX].hex()}… ({len(data):,} bytes)"


def quoted(data: bytes) -> str:
    """Bytes that are text."""
    return plain(data, MAX_VALUE)


def addressed(data: bytes) -> str:
    """4 or 16 bytes that are an address; hex where they are neither."""
    return str(ip_address(data)) if len(data) in (4, 16) else hexed(data)


def hardware(data: bytes) -> str:
    """A hardware address."""
    return data.hex(":")


def sized(data: bytes) -> str:
    """How many they are, where the bytes themselves say nothing."""
    return f"{len(data):,} bytes"


def coded(names: Mapping[int, str], digits: int = 4) -> Callable[[int], str]:
    """A number in hex with its name, where it has one."""

    def write(number: int) -> str:
        name = names.get(number, "")
        return f"0x{number:0{digits}x}{f' {name}' if name else ''}"

    return write


def named(number: int, how: How) -> str:
    """A number as text."""
    if how is None:
        return str(number)
    if callable(how):
        return how(number)
    return f"{number} {how[number]}" if number in how else str(number)


class Outline:
    """Parts of one layer of ``data``, read from ``at`` and never beyond ``end``."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.start = self.at = at
        self.end = min(end, len(data))
        self.level = 0
        self.missing = ""
        self.said: list[str] = []
        self._parts: list[tuple[str, int, int, str, int]] = []

    @property
    def left(self) -> int:
        """Bytes that are not read yet."""
        return self.end - self.at

    def note(self, name: str, start: int, end: int, value: str = "") -> int:
        """A part; returns its place, for ``renote``. Raises ShortError where there are too many."""
        if len(self._parts) >= MAX_FIELDS:
            raise ShortError(f"more than {MAX_FIELDS} fields: the rest is not listed")
        self._parts.append((name, start, end, value[:MAX_VALUE], self.level))
        return len(self._parts) - 1

    def renote(self, place: int, value: str) -> None:
        """The value of a part that is known later."""
        name, start, end, _, level = self._parts[place]
        self._parts[place] = (name, start, end, value[:MAX_VALUE], level)

    def say(self, words: str) -> None:
        """More of the layer in a line: it stands also where the layer is cut behind it."""
        if words and len(self.said) < MAX_SAID:
            self.said.append(words)

    def take(self, name: str, size: int) -> bytes:
        """Bytes, without a part. Raises ShortError."""
        if size > self.left:
            raise ShortError(f"{name}: {size:,} bytes wanted, {max(0, self.left):,} here")
        found = self.data[self.at : self.at + size]
        self.at += size
        return found

    def number(self, name: str, size: int, how: How = None) -> int:
        """A number in network order."""
        start = self.at
        value = int.from_bytes(self.take(name, size), "big")
        self.note(name, start, self.at, named(value, how))
        return value

    def octets(self, name: str, size: int, how: Callable[[bytes], str] = hexed) -> bytes:
        """Bytes with a value of their own."""
        start = self.at
        value = self.take(name, size)
        self.note(name, start, self.at, how(value))
        return value

    def counted(self, name: str, width: int, how: Callable[[bytes], str] = hexed) -> bytes:
        """A length and that many bytes: a part each. Raises ShortError."""
        return self.octets(name, self.number(f"{name} length", width), how)

    def rest(self, name: str, how: Callable[[bytes], str] = sized) -> bytes:
        """What is left, if anything is."""
        return self.octets(name, self.left, how) if self.left > 0 else b""

    @contextmanager
    def group(self, name: str, value: str = "") -> Iterator[int]:
        """Parts under a name, whose bytes are theirs; yields its place."""
        place = self.note(name, self.at, self.at, value)
        self.level = min(MAX_LEVEL, self.level + 1)
        try:
            yield place
        finally:
            self.level = max(0, self.level - 1)
            _, start, _, value, level = self._parts[place]
            self._parts[place] = (name, start, max(start, self.at), value, level)

    @contextmanager
    def within(self, name: str, size: int, value: str = "") -> Iterator[int]:
        """Parts under a name that has ``size`` bytes. Raises ShortError behind those that are here of it."""
        outer, start = self.end, self.at
        whole = start + size <= outer
        with self.group(name, value) as place:
            self.end = min(outer, start + size)
            try:
                yield place
            except ShortError as fault:
                if whole:
                    self.note("malformed", min(self.at, self.end), self.end, str(fault))
            finally:
                self.at, self.end = self.end, outer
        if not whole:
            raise ShortError(f"{name}: {size:,} bytes announced, {self.at - start:,} of them here")

    def layer(self, name: str, words: str = "") -> Layer:
        """What was written."""
        parts = tuple(Field(*part) for part in self._parts)
        return Layer(name, self.start, max(self.start, self.at), words, parts, self.missing)


Reader = Callable[[Outline], str]


def outlined(name: str, read: Reader, data: bytes, at: int, end: int) -> Layer:
    """A layer as its reader writes it, as far as the bytes go. Never raises."""
    outline = Outline(data, at, end)
    words = ""
    try:
        words = read(outline)
    except ShortError as fault:
        outline.missing = str(fault)
        outline.at = max(outline.at, outline.end)
    return outline.layer(name, words or ", ".join(outline.said))
