"""StatsD: metrics sent in datagrams, by name and type.

Recognised by its form alone: every line of a datagram is ``name:value|type`` with the sampling rate and tags
that may follow (github.com/statsd/statsd, "Metric types"; DogStatsD adds tags). Values are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.text import plain
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "statsd"
PORTS = frozenset({("udp", 8125)})
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(byte for byte in range(0x21, 0x7F) if chr(byte).isalnum() or chr(byte) in "_.-/")

MAX_NAMES = 16  # of one datagram that are shown
MAX_LINES = 256  # of one datagram that are looked at

_LINE = lazy(
    rb"([\w.\-/ ]{1,200}):[^:|\n]{1,64}(?::[^:|\n]{1,64}){0,32}\|(ms|[cghsd])"
    rb"(?:\|@[\d.]{1,12})?(?:\|#[^\n|]{0,400})?(?:\|[ceT][^|\n]{0,100}){0,3}"
)
_TYPES = {
    b"c": "counter",
    b"g": "gauge",
    b"ms": "timer",
    b"h": "histogram",
    b"s": "set",
    b"d": "distribution",
}


class StatsdMetrics(Observation, kw_only=True):
    """One datagram of metrics."""

    TABLE = "statsd"
    names: Annotated[tuple[str, ...], says("Names of the metrics, the first of many.")]
    types: Annotated[tuple[str, ...], says("Their types: counter, gauge, timer, ...")]
    count: Annotated[int, says("Number of metrics in the datagram.")]


OBSERVATIONS = (StatsdMetrics,)


def _metrics(data: bytes) -> list[tuple[bytes, bytes]]:
    """(name, type) of each line; empty where one line is none."""
    found = []
    for line in data.rstrip(b"\n").split(b"\n")[:MAX_LINES]:
        match = _LINE.fullmatch(line.rstrip(b"\r"))
        if match is None:
            return []
        found.append((match[1], match[2]))
    return found


_NAME = FIRST + b" "
_NAMES: tuple[dict[int, bytes], ...] = tuple(
    dict.fromkeys(range(1, size), _NAME) | ({size: b":"} if size < 5 else {}) for size in range(1, 6)
)  # of one character to four, or longer
SHAPES = {"udp": Shape(starts=_NAMES, holds=b":|")}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Every line is a metric."""
    return Claim.YES if _metrics(data) else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: a datagram is one message."""
        return len(data)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        found = _metrics(data)
        if not found:
            raise ProtocolError("no metrics of StatsD")
        names = tuple(dict.fromkeys([plain(name) for name, _ in found]))
        types = tuple(dict.fromkeys([_TYPES[kind] for _, kind in found]))
        return (StatsdMetrics(time=now, side=side, names=names[:MAX_NAMES], types=types, count=len(found)),)
