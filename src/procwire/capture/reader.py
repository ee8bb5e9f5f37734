"""One capture file, from its first byte to its last frame: which format, which damage, where to go on.

Refuses to know the formats themselves: ``capture.pcap`` and ``capture.pcapng`` do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from procwire.capture import pcap, pcapng
from procwire.capture.blocks import Lore
from procwire.capture.chunks import CHUNK_BYTES, Chunks
from procwire.capture.compressed import stream_of
from procwire.capture.lending import Shelf, Turns
from procwire.capture.pcap import DAMAGED, FOUND, MORE, PcapWalk
from procwire.capture.pcapng import PcapngWalk
from procwire.capture.raw import Raw, size_of
from procwire.capture.roster import Roster
from procwire.capture.source import CaptureError, Counts
from procwire.model.frames import CAPACITY, FrameBatch

Walk = PcapWalk | PcapngWalk


class Reader:
    """Frames of one file; opened when the first batch is asked for, or by ``hold``.

    path     what errors call it
    total    bytes of a regular file, None for what has no size; ``taken``: bytes read of them, so far
    lore     names, secrets and comments
    """

    def __init__(
        self, file: str | BinaryIO, roster: Roster, *, lenient: bool = False, shelf: Shelf | None = None
    ) -> None:
        self.path = file if isinstance(file, str) else str(getattr(file, "name", "stream"))
        self.total = size_of(file)
        self._taken = 0
        self.lore = Lore()
        self._file = file
        self._roster = roster
        self._lenient = lenient
        self._shelf = shelf
        self._lost = Counts()  # damage met, and the totals of a walk that is over
        self._raw: Raw | None = None
        self._walk: Walk | None = None

    def batches(
        self, *, chunk: int = CHUNK_BYTES, rows: int = CAPACITY, lives: int = 3
    ) -> Iterator[FrameBatch]:
        """Batches of at most ``chunk`` bytes (or one giant frame) and ``rows`` frames.

        Each stays valid while ``lives - 1`` more are taken, or until a shelf that was given has it back.
        Raises CaptureError at damage it may not pass.
        """
        shelf = self._shelf or Turns(rows=rows, lives=lives)
        self._raw = raw = self._raw or Raw(self._file)
        stream = stream_of(raw)
        chunks = Chunks(stream.readinto, shelf, size=chunk)
        try:
            self._walk = walk = self._recognise(chunks)
            yield from self._frames(chunks, walk, shelf)
        except CaptureError as error:
            offset = error.offset
            if offset is None and (stream.kind or chunks.offset_of_end):
                offset = chunks.offset_of_end
            raise CaptureError(self.path, offset, error.reason, inside=stream.kind) from None

    def hold(self) -> None:
        """Open the file now: when its turn comes, this process may not any more. Raises CaptureError."""
        self._raw = self._raw or Raw(self._file, wait=False)

    def _recognise(self, chunks: Chunks) -> Walk:
        """The walk for this file's format. Raises CaptureError for a file that is none."""
        while chunks.end < pcap.HEADER_BYTES and chunks.fill(pcap.HEADER_BYTES):
            pass
        start = bytes(chunks.data[: min(chunks.end, pcap.HEADER_BYTES)])
        if not start:
            raise CaptureError(self.path, None, "the file is empty")
        if pcapng.recognise(start):
            walk = PcapngWalk(self._roster)
            self.lore = walk.section.lore
            return walk
        if not pcap.recognise(start):
            name = pcap.refused(start)
            what = (
                f"{name} is not read" if name else f"not a capture file (it starts with {start[:8].hex(' ')})"
            )
            raise CaptureError(self.path, 0, what)
        if len(start) < pcap.HEADER_BYTES:
            raise CaptureError(self.path, len(start), "the file ends within its header")
        chunks.start = pcap.HEADER_BYTES
        return PcapWalk(start, self._roster)

    def _frames(self, chunks: Chunks, walk: Walk, shelf: Shelf) -> Iterator[FrameBatch]:
        batch = shelf.batch()
        more = True
        while more:
            batch.count = 0
            status = walk.walk(chunks.data, chunks.start, chunks.end, batch)
            chunks.start = walk.position
            if batch.count:
                batch.buffer = chunks.data
                chunks.used = True
                shelf.lend(batch)
                yield batch
                batch = shelf.batch()
            if status == DAMAGED:
                more = self._damage(chunks, walk, walk.fault)
            elif status == MORE:
                more = self._more(chunks, walk)

    def _more(self, chunks: Chunks, walk: Walk) -> bool:
        """Read on; False where the file is over."""
        try:
            if chunks.fill(walk.need):
                return True
        except CaptureError:
            if not self._lenient or chunks.offset_of_end == 0:
                raise
            self._lost.damaged += 1
            self._lost.skipped_bytes += chunks.end - chunks.start
            return False
        left = chunks.end - chunks.start
        if left == 0:
            return False
        return self._damage(chunks, walk, f"the file ends {walk.need - left} bytes before the record does")

    def _damage(self, chunks: Chunks, walk: Walk, fault: str) -> bool:
        """Raise, or when lenient go to the next plausible record; False where there is none."""
        self._lost.damaged += 1
        if not self._lenient or chunks.offset == 0:  # a pcapng file whose first block is no section
            raise CaptureError(self.path, chunks.offset, fault)
        begin = chunks.offset
        chunks.start += 1
        final = False
        while True:
            status = walk.resume(chunks.data, chunks.start, chunks.end, final)
            chunks.start = walk.position
            if status == FOUND or final:
                break
            final = not self._fill_anyway(chunks, walk.need)
        self._lost.skipped_bytes += chunks.offset - begin
        return status == FOUND

    def _fill_anyway(self, chunks: Chunks, need: int) -> bool:
        """Read on, where damage to the compressed data is no more than the end of it."""
        try:
            return chunks.fill(need)
        except CaptureError:
            return False

    def add_counts(self, total: Counts) -> None:
        """Add this file's counts to ``total``."""
        for name in Counts.__struct_fields__:
            setattr(total, name, getattr(total, name) + getattr(self._lost, name))
        _add_walk(total, self._walk)
        total.unkept += self.lore.unkept

    @property
    def taken(self) -> int:
        """Bytes of the file, as it lies there, read so far."""
        return self._raw.taken if self._raw else self._taken

    def close(self) -> None:
        """Give back the descriptor and the walk's memory; counts and lore stay."""
        if self._raw is not None:
            self._taken = self._raw.taken
            self._raw.close()
            self._raw = None
        _add_walk(self._lost, self._walk)
        self._walk = None


def _add_walk(total: Counts, walk: Walk | None) -> None:
    if walk is None:
        return
    total.frames += walk.frames
    total.bytes += walk.octets
    if isinstance(walk, PcapWalk):
        total.odd_times += walk.odd_times
        return
    total.odd_times += walk.section.odd_times
    total.dropped += walk.section.dropped
    total.skipped_blocks += walk.skipped_blocks
