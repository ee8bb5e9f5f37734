"""One road for live and recorded frames: decode, track, analyse, name. Wiring only.

Frames come in as batches, facts go out to a Listener at once and in packet order. Reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from procwire.crew.outcome import Outcome
from procwire.decrypt.keyed import keyed
from procwire.decrypt.keylog import KeyLog
from procwire.dpi.analyzer import Analyzer
from procwire.dpi.contract import Asked
from procwire.dpi.names import NameBook, is_answer
from procwire.dpi.opening import Limits as OpeningLimits
from procwire.engine.options import EngineError, FlowOptions
from procwire.extensions import fingerprints
from procwire.flows.clock import Span
from procwire.flows.limits import TIMEOUTS, Limits
from procwire.flows.share import Share
from procwire.flows.table import Tracker
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.listening import Listener, hears
from procwire.model.observation import Observation
from procwire.model.packets import PacketTable
from procwire.model.streams import NoSink, StreamSink
from procwire.packet.decode import Decoder


def limits_of(options: FlowOptions, parts: int = 1) -> Limits:
    """One part's limits. Raises EngineError for a timeout that does not exist or is out of range."""
    unknown = sorted(set(options.timeouts) - set(TIMEOUTS))
    if unknown:
        raise EngineError(f"no timeout is called {unknown[0]!r}; there are {', '.join(TIMEOUTS)}", 2)
    try:
        whole = Limits(max_flows=options.max_flows, **options.timeouts)
        return msgspec.structs.replace(
            whole, max_flows=max(whole.max_flows // parts, 1), held_bytes=whole.held_bytes // parts
        )
    except ValueError as error:
        raise EngineError(f"flow limits: {error}", 2) from None


class Pipeline:
    """Decoder, tracker, analyzer and name book of one capture; ``now`` is the last packet's time.

    ``keys``: what is encrypted is read with them. ``steer`` puts a sink of its own in front of the analyzer.
    ``part`` of how many: only these flows are followed, within that part of all bounds (flows.share).
    """

    def __init__(
        self,
        options: FlowOptions,
        listener: Listener,
        *,
        keys: KeyLog | None = None,
        steer: Callable[[StreamSink], StreamSink] | None = None,
        names: Any = None,  # a NameBook, or what notes for one (crew.naming)
        part: tuple[int, int] = (0, 1),
    ) -> None:
        self.listener = listener
        self.decoder = Decoder()
        self.names = names if names is not None else NameBook()
        self.observations = 0
        self.analyzer = self._analyzer(listener, keys, part[1]) if options.protocols else None
        sink = steer(self.analyzer) if steer and self.analyzer else self.analyzer or NoSink()
        self.tracker = Tracker(limits_of(options, part[1]), sink, part=part[0], parts=part[1])
        self.tracker.share.together = keys is not None
        self.time = Span()
        self._opened = 0  # flows of the running ingest that the listener has heard of
        self._hears = hears(listener, "opened")

    def _analyzer(self, listener: Listener, keys: KeyLog | None, parts: int) -> Analyzer:
        """One that observes for whom it may concern: a listener that lets observations pass costs none."""
        told = hears(listener, "observed") or fingerprints.names().asks("ja3")  # made only where records are
        named = keys is None and getattr(listener, "by_name", False)
        asked = Asked.RECORDS if told else Asked.NAME if named else Asked.FACTS
        return Analyzer(
            self._observed,
            decided=self._decided if hears(listener, "decided") else None,
            limits=OpeningLimits(total_bytes=OpeningLimits().total_bytes // parts),
            protocols=None if keys is None else keyed(keys),
            asked=asked,
            announced=self._announced if parts > 1 else None,
        )

    def decode(self, batch: FrameBatch, table: PacketTable | None = None) -> PacketTable:
        """Frames to packets. Of the pipeline's steps the only one that may run on another thread."""
        decoded: PacketTable = self.decoder.decode(batch, table)
        return decoded

    def ingest(self, table: PacketTable) -> None:
        """Packets to flows and observations; the listener hears of them during the call."""
        if not table.count:
            return
        now = self.time.passed(table.time[0], table.time[table.count - 1])
        self._opened = 0
        delta = self.tracker.ingest(table, now=now)
        self._announce()
        self._end(delta.ended)

    def outcome(self) -> Outcome:
        """What was counted so far."""
        return Outcome(
            first=self.time.first,
            last=self.time.last,
            tracked=self.tracker.counts,
            decoded=self.decoder.counts,
            analysed=self.analyzer.counts() if self.analyzer is not None else {},
            defect=self.analyzer.defect if self.analyzer is not None else "",
        )

    @property
    def share(self) -> Share:
        """Which flows are followed, and where the whole stands."""
        share: Share = self.tracker.share
        return share

    @property
    def strained(self) -> str:
        """Why a part finds what the whole would not; empty where it does. See crew.shift.Line."""
        counts = self.tracker.counts
        analysed = self.analyzer.counts() if self.analyzer is not None else {}
        if counts.evicted or counts.holds_evicted or analysed.get("overflowed"):
            return "a part of the memory is full"
        if counts.sink_errors or analysed.get("defects"):
            return "internal errors in parsers"
        return str(self.tracker.share.strained)

    def expire(self, now: int) -> None:
        """End what has been idle too long at ``now`` (ns), when no packets come."""
        self._end(self.tracker.expire(self.time.reached(now)))

    def finish(self) -> None:
        """End every flow: nothing more will come."""
        self._end(self.tracker.finish(self.time.now))
        if self.analyzer is not None:
            self.analyzer.frames.finish(self.time.now)

    def _announce(self) -> None:
        """Name and tell of the flows that opened since, before a later packet is told of or learned from."""
        opened = self.tracker.fresh()
        if self._opened == len(opened):
            return
        if not self._hears:
            self.names.label_all(opened, self._opened)
            self._opened = len(opened)
            return
        while self._opened < len(opened):
            flow = opened[self._opened]
            self._opened += 1
            self.names.label(flow, flow.first)
            self.listener.opened(flow)

    def _end(self, flows: list[Flow]) -> None:
        for flow in flows:
            self.listener.ended(flow)

    def _announced(self, *_: Any) -> None:
        """Another part may have the flow that one announces, and be past its beginning already."""
        self.share.strained = "a flow announces another"

    def _decided(self, flow: Flow) -> None:
        self._announce()
        self.listener.decided(flow)

    def _observed(self, flow: Flow, observation: Observation) -> None:
        self._announce()
        self.observations += 1
        if is_answer(observation):
            self.names.hear(flow, observation)
        self.listener.observed(flow, observation)
