"""What a run saw as a whole: one record that the engine fills and every face shows."""

from __future__ import annotations

import msgspec

from procwire.model.rows import GroupRow

SCHEMA = "procwire.summary/1"


class SummaryReport(msgspec.Struct, kw_only=True):
    """Counts over a whole run. Times are ns of packet time; None where no packet had one."""

    sources: list[str] = msgspec.field(default_factory=list)  # files or interfaces
    packets: int = 0
    bytes: int = 0  # on the wire
    first: int | None = None
    last: int | None = None
    flows: int = 0
    flows_evicted: int = 0  # ended early because the flow table was full
    protocols: list[GroupRow] = msgspec.field(default_factory=list)  # by application, with its confidence
    talkers: list[GroupRow] = msgspec.field(default_factory=list)  # by remote address
    processes: list[GroupRow] = msgspec.field(default_factory=list)
    faults: dict[str, int] = msgspec.field(default_factory=dict)  # packets with a broken header, by fault
    not_ip: dict[str, int] = msgspec.field(default_factory=dict)  # packets, by their protocol
    unknown_links: dict[str, int] = msgspec.field(default_factory=dict)  # frames, by link type
    drops: dict[str, int] = msgspec.field(default_factory=dict)  # packets lost, by who lost them
    notes: list[str] = msgspec.field(default_factory=list)  # what else should be said, a line each
    elapsed: float | None = None  # seconds of work, where that is of interest

    @property
    def span(self) -> int | None:
        """From the first packet to the last, ns."""
        if self.first is None or self.last is None:
            return None
        return max(0, self.last - self.first)
