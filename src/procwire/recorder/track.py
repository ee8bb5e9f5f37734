"""One ring of the flight recorder: packets as pcapng blocks in memory, ready for a file.

Whole runs of a batch are taken at once. What goes is what is oldest, block by block, so a ring holds at least
what its bounds ask for and at most a block more. Refuses to touch files and clocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import msgspec

from procwire.capture.encode import PACKET_BYTES, put_packets
from procwire.capture.source import Interface
from procwire.capture.writer import description
from procwire.model.frames import FrameBatch
from procwire.recorder.wishes import Track

BLOCK_BYTES = 256 << 10
SPARE_BLOCKS = 4
GRAINS = 16  # a block is closed when it spans this part of what the ring spans
LEAST_GRAIN_NS = 100_000_000


def grain(wish: Track) -> int:
    """How long a block may last, ns."""
    return max(LEAST_GRAIN_NS, wish.span_ns // GRAINS)


class Block(msgspec.Struct):
    """Packets in order, as whole pcapng blocks."""

    data: bytes | bytearray | memoryview
    packets: int
    first: int  # ns of packet time
    last: int
    shared: bool = False  # somebody else holds it: its memory is not to be used again


class Numbers:
    """Which interface has which number in the files of a recorder, once for all of them."""

    def __init__(self, interfaces: Sequence[Interface]) -> None:
        self.interfaces = interfaces  # the source's list, which grows
        self.described: list[bytes] = []  # blocks, in the order of the numbers
        self.names: list[str] = []
        self._known: dict[tuple[int, int], int] = {}

    def of(self, index: int, link: int) -> int:
        """The number, after describing it where it is new."""
        number = self._known.get((index, link))
        if number is None:
            number = self._known[index, link] = len(self._known)
            found = self.interfaces[index] if index < len(self.interfaces) else Interface()
            self.described.append(description(found, link))
            self.names.append(found.name)
        return number


class Ring:
    """Takes runs of frames; ``sealed`` hears of each block that is full."""

    def __init__(self, wish: Track, numbers: Numbers, sealed: Callable[[Block], None]) -> None:
        self.wish = wish
        self.blocks: deque[Block] = deque()
        self.bytes = self.packets = 0  # of the blocks
        self.aged_packets = 0  # that had to go
        self.aged_to = 0  # packet time of the last of these
        self._numbers = numbers
        self._sealed = sealed
        self._most = wish.most or 1 << 40
        self._grain = grain(wish)
        self._view = memoryview(b"")
        self._used = self._count = self._first = self._last = 0
        self._spare: list[memoryview] = []  # memory of blocks that went
        self._begin(BLOCK_BYTES)

    def take(self, batch: FrameBatch, row: int, until: int) -> None:
        """Rows of one interface and link type."""
        number = self._numbers.of(batch.interface[row], batch.link[row])
        while row < until:
            after, used = put_packets(self._view[self._used :], batch, row, until, number, self._most)
            if after == row:
                self._make_room(PACKET_BYTES + batch.captured[row] + 3)
                continue
            if not self._count:
                self._first = batch.time[row]
            self._last = batch.time[after - 1]
            self._count += after - row
            self._used += used
            row = after

    def tick(self, now: int) -> None:
        """Close a block that has become long, and let go of what is too old."""
        if self._count and now - self._first >= self._grain:
            self.seal()
        while self.blocks and self.blocks[0].last < now - self.wish.span_ns:
            self._drop()

    def seal(self) -> None:
        """Close the block that is being filled."""
        if not self._count:
            return
        full = self._used > BLOCK_BYTES // 2
        data = self._view[: self._used] if full else bytes(self._view[: self._used])
        block = Block(data, self._count, self._first, self._last)
        self.blocks.append(block)
        self.bytes += self._used
        self.packets += self._count
        if full:
            self._begin(BLOCK_BYTES)
        else:
            self._used = self._count = 0
        self._sealed(block)  # before it can go: who takes it keeps its memory
        while self.blocks and (self.bytes > self.wish.size_bytes or self.packets > self.wish.packets):
            self._drop()

    def since(self, first: int) -> Iterator[Block]:
        """The blocks that hold something at or after ``first``."""
        return (block for block in self.blocks if block.last >= first)

    def _begin(self, size: int) -> None:
        spare = self._spare.pop() if self._spare and size == BLOCK_BYTES else None
        self._view = spare if spare is not None else memoryview(bytearray(size))
        self._used = self._count = 0
        self._first = self._last = 0

    def _make_room(self, needed: int) -> None:
        if self._count:
            self.seal()
        if needed > len(self._view):
            self._begin(needed)

    def _drop(self) -> None:
        gone = self.blocks.popleft()
        if not gone.shared and isinstance(gone.data, memoryview) and len(self._spare) < SPARE_BLOCKS:
            whole = memoryview(gone.data.obj)
            if len(whole) == BLOCK_BYTES:
                self._spare.append(whole)
        self.bytes -= len(gone.data)
        self.packets -= gone.packets
        self.aged_packets += gone.packets
        self.aged_to = gone.last
