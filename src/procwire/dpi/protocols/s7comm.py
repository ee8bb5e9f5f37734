"""S7comm, Siemens' protocol to its controllers, over TPKT and COTP: jobs, what they read or write, outcomes.

Recognised by a COTP connection request with two-byte TSAPs followed by data that begins with 0x32 or 0x72, or
by such data alone (RFC 1006, RFC 905; the protocol itself is not published, its layout is that of Wireshark's
description), on any port. Of S7comm-plus (0x72) only the version and kind are told. Values are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import tpkt
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "s7comm"
PORTS = frozenset({("tcp", 102)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\x03"

MIN_MESSAGE = 3  # bytes behind the first; a header is longer, but its first fields tell enough to refuse it
MAX_ITEMS = 8  # variables of one job that are shown

_KINDS = {1: "job", 2: "ack", 3: "ack-data", 7: "userdata"}
_FUNCTIONS = {0x00: "cpu-services", 0x04: "read", 0x05: "write", 0x1A: "request-download",
              0x1B: "download-block",
              0x1C: "download-ended", 0x1D: "start-upload", 0x1E: "upload", 0x1F: "end-upload",
              0x28: "plc-control",
              0x29: "plc-stop", 0xF0: "setup"}  # fmt: skip
_WRITES = frozenset({0x05, 0x1A, 0x1B, 0x1C, 0x28, 0x29})
_AREAS = {0x03: "SYS", 0x05: "AI", 0x06: "AO", 0x1C: "C", 0x1D: "T", 0x80: "P", 0x81: "I", 0x82: "Q",
          0x83: "M",
          0x84: "DB", 0x85: "DI", 0x86: "L"}  # fmt: skip
_GROUPS = {1: "programmer", 2: "cyclic", 3: "blocks", 4: "cpu", 5: "security", 6: "pbc", 7: "time"}
_RETURNS = {0x01: "hardware-fault", 0x03: "access-denied", 0x05: "address-out-of-range",
            0x06: "type-not-supported", 0x07: "type-inconsistent", 0x0A: "no-such-object"}  # fmt: skip


class S7Connection(Observation, kw_only=True):
    """A COTP connection was asked for or granted."""

    TABLE = "s7comm"
    message: Annotated[str, says("connect, confirm, job, ack-data, userdata or plus.")]
    calling: Annotated[str, says("TSAP of the caller, in hex.")] = ""
    called: Annotated[str, says("TSAP that is called, in hex.")] = ""
    rack: Annotated[int | None, says("Rack, as the called TSAP tells it.")] = None
    slot: Annotated[int | None, says("Slot, as the called TSAP tells it.")] = None


class S7Message(Observation, kw_only=True):
    """A job, its answer, or user data."""

    TABLE = "s7comm"
    message: Annotated[str, says("connect, confirm, job, ack-data, userdata or plus.")]
    reference: Annotated[int | None, says("Number that the answer repeats.")] = None
    function: Annotated[str, says("setup, read, write, plc-stop, ...; of user data its group.")] = ""
    variables: Annotated[tuple[str, ...], says("Variables that are read or written.")] = ()
    write: Annotated[bool, says("Whether the function changes the controller.")] = False
    pdu_bytes: Annotated[int | None, says("Largest message agreed on.", kind=Kind.SIZE)] = None
    error: Annotated[str, says("Error class and code, or the first item's return code.")] = ""
    version: Annotated[int | None, says("Version of S7comm-plus.")] = None
    latency: Annotated[int | None, says("From the job to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (S7Connection, S7Message)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """COTP data that begins with the protocol's own byte, behind a connection or not."""
    at = 0
    try:
        for packet in range(2):
            size = tpkt.size(data, at)
            if not size or len(data) - at < 6:
                return Claim.MORE
            if data[at + 5] & 0xF0 == tpkt.DATA:
                return _begins(data, at)
            if (
                packet
                or data[at + 5] & 0xF0 not in {tpkt.CONNECT, tpkt.CONFIRM}
                or not _tsaps(data[at : at + size])
            ):
                return Claim.NO
            if len(data) < at + size:
                return Claim.MORE
            at += size
            if at == len(data):
                return Claim.MORE
    except ProtocolError:
        pass
    return Claim.NO


def _tsaps(packet: bytes) -> bool:
    """Whether the parameters so far are those of such a connection (a cookie of RDP is not)."""
    return len(packet) <= 11 or packet[11] in {tpkt.SIZE, tpkt.CALLING, tpkt.CALLED}


def _begins(data: bytes, at: int) -> Claim:
    payload = data[at + 7 : at + 9]
    if data[at + 4] != 2:
        return Claim.NO
    if len(payload) < 2:
        return Claim.MORE if payload in {b"", b"\x32", b"\x72"} else Claim.NO
    known = (payload[0] == 0x32 and payload[1] in _KINDS) or (
        payload[0] == 0x72 and payload[1] in {1, 2, 3, 0xFE}
    )
    return Claim.YES if known else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 1024

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        return tpkt.size(data, at)

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        packet = tpkt.Cotp(data)
        if packet.kind in {tpkt.CONNECT, tpkt.CONFIRM}:
            return (_connection(side, packet, now),)
        body = Cursor(data, packet.payload)
        if packet.kind != tpkt.DATA or not body.left:
            return None
        kind = body.u8()
        if kind in {0x32, 0x72} and body.left < MIN_MESSAGE:
            return None  # cut short by its sender
        if kind == 0x72:
            return (S7Message(time=now, side=side, message="plus", version=body.u8()),)
        if kind != 0x32:
            raise ProtocolError("no message of S7comm")
        return (self._message(side, body, now),)

    def _message(self, side: Direction, body: Cursor, now: int) -> Observation:
        kind = body.u8()
        if kind not in _KINDS:
            raise ProtocolError("no message of S7comm")
        body.take(2)
        number, parameter, _ = body.u16(), body.u16(), body.u16()
        told: dict[str, Any] = {}
        if kind in {2, 3}:
            error = body.take(2)
            if error != b"\0\0":
                told["error"] = f"class {error[0]:#04x} code {error[1]:#04x}"
            told["latency"], _ = self._waiting.answer((1 - side, number), now)
        part = Cursor(body.take(min(parameter, body.left)))
        if kind == 7:
            told["function"] = _userdata(part)
        elif part.left:
            _function(part, body, kind, told)
        if kind == 1:
            self._waiting.renew((side, number), now, side=side, said=told.get("function", "job"))
        return S7Message(time=now, side=side, message=_KINDS[kind], reference=number, **told)


def _connection(side: Direction, packet: tpkt.Cotp, now: int) -> Observation:
    called = packet.parameters.get(tpkt.CALLED, b"")
    place = called[1] if len(called) == 2 and called[0] in {1, 2, 3} else None
    return S7Connection(
        time=now,
        side=side,
        message="connect" if packet.kind == tpkt.CONNECT else "confirm",
        calling=packet.parameters.get(tpkt.CALLING, b"")[:16].hex(),
        called=called[:16].hex(),
        rack=None if place is None else place >> 5,
        slot=None if place is None else place & 31,
    )


def _function(part: Cursor, data: Cursor, kind: int, told: dict[str, Any]) -> None:
    number = part.u8()
    told["function"] = _FUNCTIONS.get(number, f"function {number:#04x}")
    told["write"] = kind == 1 and number in _WRITES
    if number == 0xF0 and part.left >= 7:
        part.take(5)
        told["pdu_bytes"] = part.u16()
    elif number in {4, 5} and part.left:
        count = part.u8()
        if kind == 1:
            told["variables"] = tuple(_variables(part, count))
        elif data.left and data.data[data.at] != 0xFF and "error" not in told:
            code = data.u8()
            told["error"] = _RETURNS.get(code, f"return code {code:#04x}")


def _variables(part: Cursor, count: int) -> Iterable[str]:
    for _ in range(min(count, MAX_ITEMS)):
        if part.left < 2:
            return
        kind = part.u8()
        item = Cursor(part.prefixed(1))
        if kind != 0x12 or item.left < 10 or item.u8() != 0x10:
            yield "symbolic"
            continue
        item.u8()
        length, block, area = item.u16(), item.u16(), item.u8()
        address = item.number(3)
        name = _AREAS.get(area, f"area {area:#04x}")
        where = f"DB{block}." if area == 0x84 else name
        yield f"{where}{address >> 3}.{address & 7} x{length}"


def _userdata(part: Cursor) -> str:
    """Behind three bytes of head, a length and a method: type and group, then the function."""
    if part.left < 7:
        return ""
    part.take(5)
    group, number = part.u8() & 15, part.u8()
    return f"{_GROUPS.get(group, f'group {group}')} {number:#04x}"
