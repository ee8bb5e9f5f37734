"""Reading fields out of bytes one after another. What runs over the end is a ProtocolError, never a guess."""

from __future__ import annotations

from procwire.dpi.contract import ProtocolError


class Cursor:
    """A place in some bytes. Numbers are big-endian where ``order`` does not say "little"."""

    __slots__ = ("at", "data", "end", "order")

    def __init__(self, data: bytes, at: int = 0, order: str = "big") -> None:
        self.data = data
        self.at = at
        self.end = len(data)
        self.order = order

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return self.end - self.at

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes."""
        start = self.at
        if size < 0 or start + size > self.end:
            raise ProtocolError("a field runs over the end")
        self.at = start + size
        return self.data[start : self.at]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(self.left)

    def number(self, size: int) -> int:
        """An unsigned number of ``size`` bytes."""
        return int.from_bytes(self.take(size), self.order)  # type: ignore[arg-type]

    def u8(self) -> int:
        """One byte."""
        return self.number(1)

    def u16(self) -> int:
        """Two bytes."""
        return self.number(2)

    def u32(self) -> int:
        """Four bytes."""
        return self.number(4)

    def signed(self, size: int) -> int:
        """A signed number of ``size`` bytes."""
        return int.from_bytes(self.take(size), self.order, signed=True)  # type: ignore[arg-type]

    def counted(self, size: int) -> bytes:
        """Bytes behind a length of ``size`` bytes; a negative length (null) is empty."""
        length = self.signed(size)
        return self.take(length) if length > 0 else b""

    def prefixed(self, size: int) -> bytes:
        """Bytes behind an unsigned length of ``size`` bytes."""
        return self.take(self.number(size))

    def until(self, end: bytes = b"\0") -> bytes:
        """Bytes up to ``end``, which is passed over."""
        found = self.data.find(end, self.at)
        if found < 0:
            raise ProtocolError("a text without end")
        start, self.at = self.at, found + len(end)
        return self.data[start:found]
