"""NetFlow and IPFIX: records of flows on their way from routers to a collector (RFC 3954, RFC 7011).

Recognised on any port by a version and what goes with it: of versions 1, 5 and 7 a count that gives exactly
the datagram's length, of version 9 and IPFIX (10) sets that fill the datagram to its last byte. The flows
told of are counted, not listed; gaps in the sequence are flows or datagrams that never arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.framing import DatagramParser
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "netflow"
PORTS = frozenset(("udp", port) for port in (2055, 2056, 4739, 9555, 9995, 9996))
ROAMS = True  # collectors listen where they like
TRANSPORTS = frozenset({"udp"})
FIRST = b"\0"

MAX_SOURCES = 16  # observation domains of one exporter whose sequence is followed
MAX_TEMPLATES = 64  # templates named of one datagram
_FIXED = {1: (16, 52, 24), 5: (24, 48, 30), 7: (24, 52, 27)}  # header, record, most records
_NINE, _TEN = (20, 0, 1), (16, 2, 3)  # header, template set, set of option templates


class NetflowExport(Observation, kw_only=True):
    """One datagram of an exporter."""

    TABLE = "netflow"
    version: Annotated[int, says("Version: 1, 5, 7, 9, or 10 for IPFIX.")]
    source: Annotated[int | None, says("Engine, or observation domain, that the flows are from.")] = None
    sequence: Annotated[int | None, says("Sequence number: of flows (5, 7, IPFIX) or of datagrams (9).")] = (
        None
    )
    missing: Annotated[int, says("Gap before this one in the sequence: what never arrived.")] = 0
    exported: Annotated[int | None, says("The exporter's clock when it sent.", kind=Kind.TIME)] = None
    uptime: Annotated[int | None, says("Since when the exporter runs.", kind=Kind.DURATION)] = None
    flows: Annotated[int | None, says("Records of flows, where their length is known.")] = None
    sampling: Annotated[int | None, says("One packet of how many is looked at (5).")] = None
    templates: Annotated[tuple[str, ...], says("Templates told: number, fields.")] = ()
    data_sets: Annotated[int, says("Sets of data records.")] = 0
    size_bytes: Annotated[int, says("Length of the datagram.", kind=Kind.SIZE)]


OBSERVATIONS = (NetflowExport,)


def _number(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "big")


class Sets(msgspec.Struct):
    """What stands in the sets of version 9 or IPFIX."""

    templates: dict[int, tuple[int, int]]  # number -> fields, bytes of a record (0: not fixed)
    data: list[tuple[int, int]]  # number of the template, bytes


def walk(data: bytes, at: int, template: int, options: int) -> Sets:
    """Sets to the last byte (RFC 7011 section 3.3). Raises ProtocolError."""
    found = Sets({}, [])
    while at < len(data):
        number, size = _number(data, at, 2), _number(data, at + 2, 2)
        if size < 4 or at + size > len(data) or options < number < 256 or (number < template):
            raise ProtocolError("set is cut or has no number")
        if number == template:
            _templates(found, data[at + 4 : at + size])
        elif number >= 256:
            found.data.append((number, size - 4))
        at += size
    return found


def _templates(found: Sets, data: bytes) -> None:
    """RFC 7011 section 3.4.1: number, count, then fields of four bytes, eight where an enterprise's."""
    at = 0
    while at + 4 <= len(data) and len(found.templates) < MAX_TEMPLATES:
        number, count = _number(data, at, 2), _number(data, at + 2, 2)
        at += 4
        total, fixed = 0, True
        for _ in range(count):
            if at + 4 > len(data):
                return
            length = _number(data, at + 2, 2)
            fixed = fixed and length != 0xFFFF  # section 7: of variable length
            total += length
            at += 8 if data[at] & 0x80 else 4
        if number >= 256:
            found.templates[number] = (count, total if fixed else 0)


def checked(data: bytes) -> int:
    """The version of a datagram that is whole. Raises ProtocolError."""
    version = _number(data, 0, 2)
    if version in _FIXED:
        header, record, most = _FIXED[version]
        count = _number(data, 2, 2)
        if not 1 <= count <= most or len(data) != header + record * count:
            raise ProtocolError("count and length do not fit")
    elif version == 9 and len(data) >= _NINE[0] + 4 and 1 <= _number(data, 2, 2) <= 1000:
        walk(data, *_NINE)
    elif version == 10 and len(data) >= _TEN[0] + 4 and _number(data, 2, 2) == len(data):
        walk(data, *_TEN)
    else:
        raise ProtocolError("no version, or too short")
    return version


SHAPES = {"udp": Shape(starts=({0: b"\0", 1: bytes((*_FIXED, 9, 10))},), least=20)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A version and all that goes with it."""
    try:
        version = checked(data)
    except ProtocolError:
        return Claim.NO
    # Clocks that exporters can have: 2000 to 2100.
    when = _number(data, 4 if version == 10 else 8)
    return Claim.YES if 946_684_800 <= when < 4_102_444_800 else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._next: dict[tuple[int, int], int] = {}
        self._lengths: dict[tuple[int, int], int] = {}

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        version = checked(data)
        seen = NetflowExport(time=now, side=side, version=version, size_bytes=len(data))
        if version == 10:
            seen.exported = _number(data, 4) * 1_000_000_000
            seen.sequence, seen.source = _number(data, 8), _number(data, 12)
            self._sets(seen, walk(data, *_TEN))
            step = seen.flows
        else:
            seen.uptime = _number(data, 4) * 1_000_000
            seen.exported = _number(data, 8) * 1_000_000_000
            seen.exported += 0 if version == 9 else _number(data, 12)
            step = self._older(seen, data, version)
        self._follow(seen, step)
        yield seen

    def _older(self, seen: NetflowExport, data: bytes, version: int) -> int | None:
        if version == 9:
            seen.sequence, seen.source = _number(data, 12), _number(data, 16)
            self._sets(seen, walk(data, *_NINE))
            return 1
        seen.flows = _number(data, 2, 2)
        if version == 1:
            return None
        seen.sequence = _number(data, 16)
        if version == 5:
            seen.source = _number(data, 20, 2)
            seen.sampling = (_number(data, 22, 2) & 0x3FFF) or None
        return seen.flows

    def _sets(self, seen: NetflowExport, sets: Sets) -> None:
        """Count records whose template is known; one unknown set leaves the number unknown."""
        source = seen.source or 0
        for number, (_, size) in sets.templates.items():
            if len(self._lengths) < MAX_SOURCES * MAX_TEMPLATES or (source, number) in self._lengths:
                self._lengths[source, number] = size
        seen.templates = tuple(f"{number} {count} fields" for number, (count, _) in sets.templates.items())
        seen.data_sets = len(sets.data)
        lengths = [self._lengths.get((source, number), 0) for number, _ in sets.data]
        if all(lengths):
            seen.flows = sum(size // length for (_, size), length in zip(sets.data, lengths, strict=True))

    def _follow(self, seen: NetflowExport, step: int | None) -> None:
        """The gap in the sequence; after what cannot be counted it is followed anew."""
        key = (seen.version, seen.source or 0)
        expected = self._next.pop(key, None)
        if seen.sequence is None:
            return
        if expected is not None:
            gap = (seen.sequence - expected) & 0xFFFFFFFF
            seen.missing = gap if gap < 1 << 31 else 0  # an earlier one is late, not missing
        if step is not None and len(self._next) < MAX_SOURCES:
            self._next[key] = (seen.sequence + step) & 0xFFFFFFFF
