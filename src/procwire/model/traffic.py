"""What the interfaces of a host count, with rates: rows and their table."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.declare import column, count, size, text, truth


class TrafficRow(msgspec.Struct, frozen=True, kw_only=True):
    """One interface. Rates are of the time since the look before; None for the first one."""

    interface: str
    bytes_in: int = 0
    packets_in: int = 0
    errors_in: int = 0
    dropped_in: int = 0
    bytes_out: int = 0
    packets_out: int = 0
    errors_out: int = 0
    dropped_out: int = 0
    rate_in: float | None = None
    rate_out: float | None = None
    watched: bool = False
    missed: int | None = None


COUNTERS = (
    "interface", "bytes_in", "packets_in", "errors_in", "dropped_in", "bytes_out", "packets_out",
    "errors_out", "dropped_out",
)  # fmt: skip


def _packets(name: str, doc: str, *, shown: bool = False) -> Column:
    return count(name, doc, attrgetter(name), "packets", shown=shown)


TRAFFIC = Table(
    name="traffic",
    doc="What one interface of this host counts, and how fast.",
    columns=(
        text("interface", "Name of the interface.", attrgetter("interface"), shown=True),
        column("rate_in", Kind.NUMBER, "Bytes received a second, since the look before.",
               attrgetter("rate_in"), unit="bytes/s", shown=True),
        column("rate_out", Kind.NUMBER, "Bytes sent a second, since the look before.",
               attrgetter("rate_out"), unit="bytes/s", shown=True),
        size("bytes_in", "Bytes received since it is there.", attrgetter("bytes_in"), shown=True),
        size("bytes_out", "Bytes sent since it is there.", attrgetter("bytes_out"), shown=True),
        _packets("packets_in", "Packets received.", shown=True),
        _packets("packets_out", "Packets sent.", shown=True),
        _packets("errors_in", "Packets received with errors."),
        _packets("errors_out", "Packets that could not be sent."),
        _packets("dropped_in", "Received packets that the interface or the kernel dropped.", shown=True),
        _packets("dropped_out", "Packets dropped instead of sent.", shown=True),
        truth("watched", "Whether it is watched.", attrgetter("watched"), shown=True),
        _packets("missed", "Packets that were not read in time by the watch.", shown=True),
    ),
    key=("interface",),
)  # fmt: skip


def row(values: list[object], before: list[object] | None, seconds: float) -> TrafficRow:
    """One interface's counters (COUNTERS) with the rates since those ``before``."""
    now = dict(zip(COUNTERS, values, strict=True))
    rates: dict[str, float] = {}
    if before is not None and seconds > 0:
        then = dict(zip(COUNTERS, before, strict=True))
        for side in ("in", "out"):
            moved = int(str(now[f"bytes_{side}"])) - int(str(then[f"bytes_{side}"]))
            if moved >= 0:  # a counter that was set back has no rate
                rates[f"rate_{side}"] = moved / seconds
    return msgspec.convert(now | rates, TrafficRow)
