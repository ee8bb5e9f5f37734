"""NBNS: the NetBIOS name service: names asked for, registered and released, a node's names (RFC 1002).

Recognised on any port by a header of its own operations (section 4.2.1.1) and a first name in the half-byte
letters that nothing else uses. Shows names without their padding, and what their last byte stands for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.netbios_name import first_level, meaning, plain
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "nbns"
REQUESTS = True
PORTS = frozenset({("udp", 137)})
TRANSPORTS = frozenset({"udp"})
FIRST = None  # the transaction id comes first

HEADER_BYTES = 12
NB, NBSTAT = 0x20, 0x21
MAX_NAMES = 64  # of a node's status
MAX_ADDRESSES = 64  # of one answer

# Section 4.2.1.1 and what Windows sends (9: an alternative number for refresh).
_OPCODES = {0: "query", 5: "registration", 6: "release", 7: "wait", 8: "refresh", 9: "refresh",
            15: "multihomed-registration"}  # fmt: skip
_RCODES = {0: "ok", 1: "format-error", 2: "server-failure", 3: "name-error", 4: "unsupported",
           5: "refused", 6: "active", 7: "conflict"}  # fmt: skip


class NbnsMessage(Observation, kw_only=True):
    """A question, an answer, or a name being taken or given up."""

    TABLE = "nbns"
    message: Annotated[str, says("request or response.")]
    operation: Annotated[str, says("query, status, registration, refresh, release, wait, ...")]
    ident: Annotated[int, says("Transaction id.")]
    name: Annotated[str, says("NetBIOS name, without its padding.")]
    name_type: Annotated[str, says("What the name stands for, by its sixteenth byte.")]
    scope: Annotated[str, says("Scope of the name, mostly empty.")] = ""
    broadcast: Annotated[bool, says("Whether it was sent to all hosts of the link.")] = False
    group: Annotated[bool | None, says("Whether the name is one that many hosts share.")] = None
    addresses: Annotated[tuple[str, ...], says("Addresses that the name has or claims.")] = ()
    names: Annotated[tuple[str, ...], says("Names of the node that told its status: name, meaning.")] = ()
    hardware: Annotated[str, says("Hardware address of the node that told its status.")] = ""
    ttl: Annotated[int | None, says("How long the name holds.", unit="s")] = None
    result: Annotated[str, says("Result of a response: ok, name-error, active, conflict, ...")] = ""
    latency: Annotated[int | None, says("From the request to this response.", kind=Kind.DURATION)] = None
    retransmitted: Annotated[bool, says("Whether the same request was sent before and not answered.")] = False
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]


OBSERVATIONS = (NbnsMessage,)


def _head(data: bytes) -> tuple[str, int, str, int]:
    """The first name, and where it ends. Raises ProtocolError for what is no such message."""
    if len(data) < HEADER_BYTES + 34 + 4 or data[3] & 0x60:
        raise ProtocolError("too short, or reserved bits are set")
    counts = [data[at] << 8 | data[at + 1] for at in (4, 6, 8, 10)]
    if data[2] >> 3 & 15 not in _OPCODES or max(counts) > 1 or counts[0] + counts[1] != 1:
        raise ProtocolError("operation or counts make no sense")
    try:
        return first_level(data, HEADER_BYTES)
    except ValueError as error:
        raise ProtocolError(str(error)) from None


SHAPES = {
    "udp": Shape(
        starts=({4: b"\0", 6: b"\0", 8: b"\0", 10: b"\0", 12: b"\x20"},),
        least=HEADER_BYTES + 38,
    )
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Header, name, and a type that the service knows."""
    if data[12:13] != b"\x20":  # a name's first length: nearly all there is has another
        return Claim.NO
    try:
        *_, at = _head(data)
    except ProtocolError:
        return Claim.NO
    if at + 4 > len(data) or data[at + 2 : at + 4] != b"\0\1":
        return Claim.NO
    return Claim.YES if data[at] == 0 and data[at + 1] in {0x01, 0x0A, NB, NBSTAT} else Claim.NO


BROADCAST = 0x10  # RFC 1002 section 4.2.1.1: asked of all, and answered by nobody as a rule


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        name, suffix, scope, at = _head(data)
        kind = int.from_bytes(data[at : at + 2], "big")
        response = bool(data[2] & 0x80)
        ident = data[0] << 8 | data[1]
        key = (ident, name, suffix)
        latency, again = None, False
        operation = _OPCODES[data[2] >> 3 & 15]
        if response:
            latency, _ = self._pending.answer((1 - side, *key), now)
        else:
            said = "" if data[3] & BROADCAST else f"{operation} {name}"
            again = self._pending.ask((int(side), *key), now, side=side, said=said)
        code = data[3] & 15
        seen = NbnsMessage(
            time=now,
            side=side,
            message="response" if response else "request",
            operation="status" if kind == NBSTAT and operation == "query" else operation,
            ident=ident,
            name=name,
            name_type=meaning(suffix),
            scope=scope,
            broadcast=bool(data[3] & 0x10),
            result=(_RCODES.get(code) or str(code)) if response else "",
            latency=latency,
            retransmitted=again,
            size_bytes=len(data),
        )
        _record(seen, data, at if data[5] == 0 else _behind_question(data, at))
        yield seen


def _behind_question(data: bytes, at: int) -> int:
    """Where the record's type stands, whose name is mostly a pointer to the question's (section 4.2.2)."""
    at += 4
    if at + 2 <= len(data) and data[at] >= 0xC0:
        return at + 2
    try:
        return first_level(data, at)[3]
    except ValueError:
        return len(data)


def _record(seen: NbnsMessage, data: bytes, at: int) -> None:
    """Read the one resource record, as far as there is one."""
    if at + 10 > len(data):
        return
    kind = int.from_bytes(data[at : at + 2], "big")
    seen.ttl = int.from_bytes(data[at + 4 : at + 8], "big")
    value = data[at + 10 : at + 10 + int.from_bytes(data[at + 8 : at + 10], "big")]
    if kind == NBSTAT and value:
        _status(seen, value)
    elif kind == NB and len(value) >= 6:
        seen.group = bool(value[0] & 0x80)
        entries = range(0, min(len(value) - 5, 6 * MAX_ADDRESSES), 6)
        seen.addresses = tuple(".".join(map(str, value[one + 2 : one + 6])) for one in entries)


def _status(seen: NbnsMessage, value: bytes) -> None:
    """Section 4.2.18: a count, 18 bytes a name, then the node's hardware address."""
    count = min(value[0], MAX_NAMES)
    found = []
    for at in range(1, 1 + 18 * count, 18):
        entry = value[at : at + 18]
        if len(entry) < 18:
            break
        found.append(f"{plain(entry[:15])} {meaning(entry[15])}{' group' if entry[16] & 0x80 else ''}")
    seen.names = tuple(found)
    hardware = value[1 + 18 * value[0] : 7 + 18 * value[0]]
    if len(hardware) == 6:
        seen.hardware = hardware.hex(":")
