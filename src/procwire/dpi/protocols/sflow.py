"""sFlow version 5: sampled packets and counters on their way from switches to a collector (sflow.org).

Recognised on any port by the version, the kind of the agent's address, and samples that fill the datagram to
its last byte. Samples are counted by kind; the packets in them are not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.framing import DatagramParser
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "sflow"
PORTS = frozenset({("udp", 6343)})
ROAMS = True  # collectors listen where they like
TRANSPORTS = frozenset({"udp"})
FIRST = b"\0"

MAX_SAMPLES = 512  # of one datagram; it is of one frame's size
MAX_AGENTS = 16  # sub-agents whose sequence is followed
_KINDS = {1: "flow", 2: "counter", 3: "flow", 4: "counter"}  # 3 and 4: expanded


class SflowExport(Observation, kw_only=True):
    """One datagram of an agent."""

    TABLE = "sflow"
    version: Annotated[int, says("Version of the protocol.")] = 5
    agent: Annotated[str, says("Address of the agent, as it says.", kind=Kind.ADDRESS)]
    sub_agent: Annotated[int, says("Number of the part of the agent that sends.")]
    sequence: Annotated[int, says("Sequence number of the datagram.")]
    missing: Annotated[int, says("Datagrams before this one that never arrived.")] = 0
    uptime: Annotated[int, says("Since when the agent runs.", kind=Kind.DURATION)]
    flow_samples: Annotated[int, says("Sampled packets.")] = 0
    counter_samples: Annotated[int, says("Samples of an interface's counters.")] = 0
    sampling: Annotated[int | None, says("One packet of how many is sampled, as the first sample says.")] = (
        None
    )
    size_bytes: Annotated[int, says("Length of the datagram.", kind=Kind.SIZE)]


OBSERVATIONS = (SflowExport,)


def _number(data: bytes, at: int) -> int:
    if at + 4 > len(data):
        raise ProtocolError("datagram ends early")
    return int.from_bytes(data[at : at + 4], "big")


def _head(data: bytes) -> int:
    """Offset behind the agent's address. Raises ProtocolError for what is no datagram of version 5."""
    kind = _number(data, 4)
    if _number(data, 0) != 5 or kind not in {1, 2}:
        raise ProtocolError("no version, or no address")
    return 12 if kind == 1 else 24


def samples(data: bytes) -> list[tuple[int, int, int]]:
    """(format, start, end) of each sample. Raises ProtocolError where they do not fill the datagram."""
    at = _head(data) + 12
    count = _number(data, at)
    at += 4
    found: list[tuple[int, int, int]] = []
    if count > MAX_SAMPLES:
        raise ProtocolError("too many samples")
    for _ in range(count):
        kind, size = _number(data, at), _number(data, at + 4)
        if at + 8 + size > len(data) or size % 4:
            raise ProtocolError("sample is cut")
        found.append((kind, at + 8, at + 8 + size))
        at += 8 + size
    if at != len(data):
        raise ProtocolError("bytes behind the last sample")
    return found


SHAPES = {"udp": Shape(starts=beginnings(b"\0\0\0\5\0\0\0"), least=28)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A head, and samples to the last byte; none only on the protocol's port."""
    try:
        named = 6343 in {context.src_port, context.dst_port}
        return Claim.YES if samples(data) or named else Claim.NO
    except ProtocolError:
        return Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._next: dict[int, int] = {}

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        found = samples(data)
        at = _head(data)
        counts = Counter(_KINDS.get(kind, "other") for kind, _, _ in found)
        seen = SflowExport(
            time=now,
            side=side,
            agent=str(IPv4Address(data[8:12]) if at == 12 else IPv6Address(data[8:24])),
            sub_agent=_number(data, at),
            sequence=_number(data, at + 4),
            uptime=_number(data, at + 8) * 1_000_000,
            flow_samples=counts["flow"],
            counter_samples=counts["counter"],
            size_bytes=len(data),
        )
        first = next(
            ((kind, start) for kind, start, end in found if kind in {1, 3} and end - start >= 16), None
        )
        if first is not None:
            seen.sampling = _number(data, first[1] + (8 if first[0] == 1 else 12))
        expected = self._next.get(seen.sub_agent)
        if expected is not None:
            gap = (seen.sequence - expected) & 0xFFFFFFFF
            seen.missing = gap if gap < 1 << 31 else 0
        if len(self._next) < MAX_AGENTS or seen.sub_agent in self._next:
            self._next[seen.sub_agent] = (seen.sequence + 1) & 0xFFFFFFFF
        yield seen
