"""Packets of a bundle with their flow, direction and owner: behind who reads them, or from the source again.

Nothing is decoded again: which packet is of which flow was noted when they were read. Blocks are made by
compiled code, in runs; only frames that are rewritten (``rewrite``) are touched one by one.
"""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO, Protocol

import msgspec

from procwire.capture.encode import PACKET_BYTES, put_stamped, run_end
from procwire.capture.files import open_files
from procwire.capture.source import CaptureError, Interface
from procwire.capture.writer import block, section, statistics
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.process import Owner
from procwire.recorder.ahead import Ahead
from procwire.recorder.hashed import HashedFile
from procwire.recorder.stamps import DECLARED, names, remark, stamp
from procwire.recorder.sums import highest
from procwire.recorder.track import Numbers

CHUNK_BYTES = 1 << 20  # read and decoded in a processor's own cache
Rewrite = Callable[[FrameBatch], FrameBatch]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is written: which flows (None: every packet), and what stands beside them."""

    flows: Mapping[int, Flow]
    numbers: array[int]
    chosen: set[int] | None = None
    names: Callable[[], Mapping[str, Sequence[str]]] = dict  # as far as they are known
    secrets: bytes = b""
    drops: Mapping[str, int] = {}
    interface: Callable[[Interface], Interface] = lambda one: one
    remark: Callable[[Flow], str]
    flow_id: Callable[[Flow], str]
    owner: Callable[[Owner], Owner] = lambda owner: owner


def write(
    paths: Sequence[str | BinaryIO], wanted: Wanted, output: HashedFile, rewrite: Rewrite | None = None
) -> int:
    """The number of packets, to the end or to damage: who read them before has told of it. Raises OSError."""
    with contextlib.closing(Again(paths)) as again:
        return Following(again, wanted, output, rewrite).finish()


class Batches(Protocol):
    """Where packets come from."""

    @property
    def interfaces(self) -> Sequence[Interface]:
        """Of all that is taken; grows."""

    @property
    def full(self) -> bool:
        """Is one to be taken, whether or not it is known what to say of it?"""

    def add(self, batch: FrameBatch) -> None:
        """One was read."""

    def take(self) -> FrameBatch | None:
        """The next, valid until there is another; None while there is none."""


class Again:
    """From files, once more. Nothing is read before the first is taken: by then whoever reads is shut in."""

    full = False

    def __init__(self, paths: Sequence[str | BinaryIO]) -> None:
        self._source = open_files(paths, merge=len(paths) > 1, chunk_bytes=CHUNK_BYTES)
        self._ahead = Ahead(_whole(self._source.batches()))
        self.interfaces = self._source.interfaces
        self.take = self._ahead.take

    def add(self, batch: FrameBatch) -> None:
        """See Batches: the same one will be read here."""

    def close(self) -> None:
        """Let go of the files."""
        self._ahead.close()
        self._source.close()


def _whole(batches: Iterator[FrameBatch]) -> Iterator[FrameBatch]:
    with contextlib.suppress(CaptureError):
        yield from batches


class Following:
    """The same as ``write``, step by step behind who reads. Everything raises OSError."""

    def __init__(
        self, batches: Batches, wanted: Wanted, output: HashedFile, rewrite: Rewrite | None = None
    ) -> None:
        self._batches = batches
        self._annotator = _Annotator(wanted, batches.interfaces, output)
        self._waits: FrameBatch | None = None
        self._rewrite = rewrite

    def follow(self, batch: FrameBatch, until: int) -> None:
        """This one was read: write those that end within the first ``until`` packets."""
        self._batches.add(batch)
        while (found := self._next()) is not None and (
            self._annotator.done + found.count <= until or self._batches.full
        ):
            self._write(found)

    def finish(self) -> int:
        """All the others, and what stands behind the packets; how many there are."""
        while (found := self._next()) is not None:
            self._write(found)
        return self._annotator.finish()

    def _write(self, batch: FrameBatch) -> None:
        self._annotator.batch(batch, self._rewrite)
        self._waits = None

    def _next(self) -> FrameBatch | None:
        self._waits = self._waits or self._batches.take()
        return self._waits


class _Stamps:
    """Options of flows by their number, from 0 on, as ``put_stamped`` takes them."""

    def __init__(self) -> None:
        self.places = array("q")
        self.text = bytearray()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.places) // 4

    def most(self, number: int) -> int:
        """Bytes of a packet's options at most."""
        place = 4 * abs(number)
        return self.places[place + 3] - self.places[place] + 4 if place < len(self.places) else 0

    def add(self, once: bytes = b"", out: bytes = b"", into: bytes = b"") -> None:
        """Those of the next flow."""
        for part in (once, out, into):
            self.places.append(len(self.text))
            self.text += part
        self.places.append(len(self.text))


class _Annotator:
    def __init__(self, wanted: Wanted, interfaces: Sequence[Interface], output: HashedFile) -> None:
        self._wanted = wanted
        self._output = output
        self._interfaces, self._known = interfaces, [wanted.interface(one) for one in interfaces]
        self._numbers = Numbers(self._known)
        self._described = 0
        self._counts: dict[int, int] = {}
        self._stamps = _Stamps()
        self._last = 0
        self._named: set[str] | None = None
        self.done = self._frames = 0

    def batch(self, batch: FrameBatch, rewrite: Rewrite | None) -> None:
        """Packets whose flows are known."""
        numbers = self._wanted.numbers[self.done : self.done + batch.count]
        self.done += batch.count
        self._known += [self._wanted.interface(one) for one in self._interfaces[len(self._known) :]]
        if self._named is None:
            self._head(batch)
        self._stamp(numbers)
        rows = batch if rewrite is None else rewrite(batch)
        for row, until in self._runs(numbers):
            self._frames += until - row
            self._write(rows, row, until, numbers)

    def finish(self) -> int:
        """What is known at the end."""
        wanted = self._wanted
        if self._named is None:
            self._head()
        told = self._named or set()
        self._output.put(
            names({address: each for address, each in wanted.names().items() if address not in told})
        )
        for number, received in sorted(self._counts.items()):
            drops = wanted.drops.get(self._numbers.names[number], 0)
            self._output.put(statistics(number, received + drops, drops, self._last))
        return self._frames

    def _head(self, batch: FrameBatch | None = None) -> None:
        """An interface comes first: else Wireshark's programs take the file to have no link type."""
        wanted, known = self._wanted, self._wanted.names()
        self._named = set(known)
        self._output.put(section(f"procwire bundle. {DECLARED}"))
        if batch is not None:
            self._numbers.of(batch.interface[0], batch.link[0])
            self._describe()
        self._output.put(names(known))
        if wanted.secrets:
            size = len(wanted.secrets)
            head = (0x544C534B).to_bytes(4, "little") + size.to_bytes(4, "little")
            self._output.put(block(10, head + wanted.secrets + bytes(-size % 4)))

    def _describe(self) -> None:
        """Interfaces that were not yet."""
        self._output.put(b"".join(self._numbers.described[self._described :]))
        self._described = len(self._numbers.described)

    def _runs(self, numbers: array[int]) -> Iterator[tuple[int, int]]:
        chosen = self._wanted.chosen
        if chosen is None:
            yield 0, len(numbers)
            return
        start = -1
        for row, number in enumerate(numbers):
            if abs(number) in chosen:
                start = row if start < 0 else start
            elif start >= 0:
                yield start, row
                start = -1
        if start >= 0:
            yield start, len(numbers)

    def _stamp(self, numbers: array[int]) -> None:
        """Options for the flows that come for the first time: they are numbered as they come."""
        wanted = self._wanted
        for number in range(self._stamps.count, highest(numbers) + 1):
            flow = wanted.flows.get(number)
            if flow is None:
                self._stamps.add()
                continue
            owner = wanted.owner(flow.owner) if isinstance(flow.owner, Owner) else None
            flow_id = wanted.flow_id(flow)
            sides = (stamp(flow_id, out=out, owner=owner) for out in (True, False))
            self._stamps.add(remark(wanted.remark(flow)), *sides)

    def _write(self, batch: FrameBatch, row: int, until: int, numbers: array[int]) -> None:
        while row < until:
            end = run_end(batch, row, until)
            number = self._numbers.of(batch.interface[row], batch.link[row])
            self._describe()
            self._counts[number] = self._counts.get(number, 0) + end - row
            self._last = max(self._last, batch.time[end - 1])
            while row < end:
                stamps = self._stamps
                needed = PACKET_BYTES + batch.captured[row] + 3 + stamps.most(numbers[row])
                after, used = put_stamped(
                    self._output.room(needed), batch, row, end, number, (numbers, stamps.places, stamps.text)
                )
                self._output.take(used)
                row = after
