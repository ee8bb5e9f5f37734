"""Packets that wait until it is known whose they are, so that only those of wanted flows are kept.

A flow's owner is known some milliseconds after its first packet. So batches are copied and wait, in order,
until all their flows are known; within a bound, beyond which the oldest is decided by what is known by then.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator

from procwire.model.filter import Filter
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable
from procwire.model.rows import FlowRow, RowContext

MAX_HELD_BYTES = 64 << 20
GRACE_NS = 5_000_000_000  # a flow that is not known by then is decided as it is

Run = tuple[FrameBatch, int, int]
COLUMNS = ("captured", "wire", "time", "link", "interface", "flags", "segments", "vlan")


class Held:
    """``take`` a batch with its flows; ``ready`` gives the runs of rows that may be written now."""

    def __init__(self, keep: Filter, context: RowContext, settled: Callable[[Flow], bool]) -> None:
        self.hurried = 0  # packets that were decided before their flow was known
        self.left_out = 0  # packets of flows that are not wanted, and of none
        self._keep = keep
        self._context = context
        self._settled = settled  # is all known of this flow that will be?
        self._flows: dict[int, Flow] = {}
        self._wanted: dict[int, bool] = {}  # verdicts that stand
        self._gone: deque[int] = deque()
        self._held: deque[tuple[FrameBatch, array[int], int]] = deque()
        self._bytes = 0

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        self._flows[flow.number] = flow

    def ended(self, flow: Flow) -> None:
        """It is over: it is forgotten when no packet of it waits any more."""
        self._gone.append(flow.number)

    def took(self, flow: Flow) -> bool:
        """Is the flow one of those that are kept, as far as it is known now?"""
        return self._wanted.get(flow.number, False) or self._keep.matches(FlowRow(flow, self._context))

    def take(self, batch: FrameBatch, table: PacketTable) -> None:
        """Keep a copy of a batch whose packets were ingested."""
        copy = copied(batch)
        self._held.append(
            (copy, array("q", memoryview(table.flow)[: batch.count].tolist()), batch.time[batch.count - 1])
        )
        self._bytes += len(copy.buffer)

    def ready(self, now: int, *, all_: bool = False) -> Iterator[Run]:
        """What is decided, in order; ``all_``: nothing waits any longer."""
        while self._held:
            batch, numbers, last = self._held[0]
            late = all_ or last + GRACE_NS <= now
            if not self._known(numbers) and not late and self._bytes <= MAX_HELD_BYTES:
                return
            self._held.popleft()
            self._bytes -= len(batch.buffer)
            yield from self._runs(batch, numbers)
        while self._gone:
            number = self._gone.popleft()
            self._flows.pop(number, None)
            self._wanted.pop(number, None)

    def _known(self, numbers: array[int]) -> bool:
        return all(self._is_known(number) for number in {abs(number) for number in numbers} - {0})

    def _is_known(self, number: int) -> bool:
        flow = self._flows.get(number)
        return flow is None or number in self._wanted or self._settled(flow)

    def _runs(self, batch: FrameBatch, numbers: array[int]) -> Iterator[Run]:
        verdicts = {number: self._verdict(abs(number)) for number in set(numbers)}
        start = -1
        for row, number in enumerate(numbers):
            if verdicts[number]:
                start = row if start < 0 else start
                continue
            self.left_out += 1
            if start >= 0:
                yield batch, start, row
                start = -1
        if start >= 0:
            yield batch, start, len(numbers)

    def _verdict(self, number: int) -> bool:
        """A flow that was wanted once stays wanted; one that was not may come to be."""
        flow = self._flows.get(number)
        if flow is None or self._wanted.get(number):
            return flow is not None
        if not self._settled(flow):
            self.hurried += 1
        if self._keep.matches(FlowRow(flow, self._context)):
            self._wanted[number] = True
            return True
        return False


def copied(batch: FrameBatch) -> FrameBatch:
    """The batch with a buffer of its own: the bytes from its first frame to its last."""
    count = batch.count
    copy = FrameBatch(b"", max(1, count))
    copy.count, copy.first = count, batch.first
    start = min(batch.offset[row] for row in range(count))
    end = max(batch.offset[row] + batch.captured[row] for row in range(count))
    copy.buffer = bytes(memoryview(batch.buffer).cast("B")[start:end])
    for row in range(count):
        copy.offset[row] = batch.offset[row] - start
    for name in COLUMNS:
        getattr(copy, name)[:count] = getattr(batch, name)[:count]
    return copy
