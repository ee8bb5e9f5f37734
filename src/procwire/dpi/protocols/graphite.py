"""Graphite's plaintext protocol: metrics sent on lines.

Recognised by its form alone: lines of a dotted path, a number and a time stamp of ten digits
(graphite.readthedocs.io, "Feeding in your data"): two of them, or one on its own port. Values are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "graphite"
PORTS = frozenset({("tcp", 2003), ("udp", 2003)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = bytes(byte for byte in range(0x2A, 0x7F) if chr(byte).isalnum() or chr(byte) in "_-")

MAX_LINE = 512  # bytes

_LINE = lazy(rb"[\w\-]{1,100}+(?:\.[\w\-:%]{1,100}){1,30}(?:;[\w\-]+=[^;\s]+){0,16}"
                   rb" -?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})? (\d{10})\r?\n")  # fmt: skip
_CHARACTERS = lazy(rb"[\w\-.:%;=+ \r]{1,512}")


class GraphiteMetric(Observation, kw_only=True):
    """One line."""

    TABLE = "graphite"
    metric: Annotated[str, says("Path of the metric.")]
    tags: Annotated[tuple[str, ...], says("Tags behind the path.")] = ()
    measured: Annotated[int, says("Time stamp of the value, as it says.", kind=Kind.TIME)]


OBSERVATIONS = (GraphiteMetric,)

_DOT, _SPACE, _LINE_END = b". \n"  # numbers: bytes are searched for those without a detour
_BEHIND = FIRST + b"."  # what the second character of a name can be
SHAPES = {
    "tcp": Shape(starts=({1: _BEHIND},)),
    "udp": Shape(starts=({1: _BEHIND},), holds=b". \n"),
}


def _dotted(data: bytes) -> bool:
    """Whether a dot ends the first part of a name, or still may."""
    dot = data.find(b".", 0, 101)
    if dot < 0:
        return len(data) <= 101 and _SPACE not in data and _LINE_END not in data
    return dot > 0 and data.find(b" ", 0, dot) < 0 and data.find(b"\n", 0, dot) < 0


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Whole lines: two, or one where the port says the same."""
    if (_DOT not in data and _SPACE in data) or (data and data[0] not in FIRST):
        return Claim.NO
    if (len(data) > 1 and data[1] not in _BEHIND) or not _dotted(data):
        return Claim.NO
    wanted = 1 if 2003 in {context.src_port, context.dst_port} else 2
    at = 0
    for _ in range(wanted):
        match = _LINE.match(data, at)
        if match is None:
            rest = data[at:]
            able = context.transport == "tcp" and b"\n" not in rest and len(rest) < MAX_LINE
            return Claim.MORE if able and (not rest or _CHARACTERS.fullmatch(rest)) else Claim.NO
        at = match.end()
    return Claim.YES


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = MAX_LINE

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: one line."""
        end = data.find(b"\n", at, at + MAX_LINE)
        if end < 0 and len(data) - at >= MAX_LINE:
            raise ProtocolError("a line without end")
        return end + 1 - at if end >= 0 else 0

    def resumes(self, side: Direction, data: bytes) -> bool:  # noqa: ARG002
        """See Cutter."""
        return _LINE.match(data) is not None

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        match = _LINE.fullmatch(data)
        if match is None:
            raise ProtocolError("no line of Graphite")
        path, *tags = data.split(b" ", 1)[0].split(b";")
        measured = int(match[1]) * 10**9
        told = tuple([plain(one) for one in tags])
        return (GraphiteMetric(time=now, side=side, metric=plain(path), tags=told, measured=measured),)
