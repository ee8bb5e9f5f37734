"""EtherNet/IP with CIP inside: sessions, identities, services asked of objects, and how they were answered.

Recognised by an encapsulation header whose command, length and options make sense together (The CIP Networks
Library, volume 2, section 2-3), over TCP and UDP on any port; implicit I/O over UDP by its two items. Values
of attributes are not kept. Connected messages that a maker wrapped in a layer of its own are not opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire import cip
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "enip"
REQUESTS = True
PORTS = frozenset({("tcp", 44818), ("udp", 44818), ("udp", 2222)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = bytes((0x02, 0x00, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6F, 0x70, 0x72, 0x73))

HEADER_BYTES = 24
MAX_DATA = 65511  # bytes behind the header; section 2-3.3
MAX_ITEMS = 8  # of one message

NOP, LIST_SERVICES, LIST_IDENTITY, LIST_INTERFACES = 0x00, 0x04, 0x63, 0x64
REGISTER, UNREGISTER, SEND, SEND_UNIT = 0x65, 0x66, 0x6F, 0x70
_COMMANDS = {NOP: "nop", LIST_SERVICES: "list-services", LIST_IDENTITY: "list-identity",
             LIST_INTERFACES: "list-interfaces", REGISTER: "register-session",
             UNREGISTER: "unregister-session",
             SEND: "send-rr-data", SEND_UNIT: "send-unit-data", 0x72: "indicate-status",
             0x73: "cancel"}  # fmt: skip
_STATUS = {0: "", 1: "unsupported-command", 2: "no-memory", 3: "incorrect-data", 0x64: "invalid-session",
           0x65: "invalid-length", 0x69: "unsupported-version"}  # fmt: skip
_CONNECTED, _UNCONNECTED, _IDENTITY, _SEQUENCED = 0xB1, 0xB2, 0x0C, 0x8002


class EnipMessage(Observation, kw_only=True):
    """An encapsulated message."""

    TABLE = "enip"
    message: Annotated[str, says("encapsulation, cip or io.")] = "encapsulation"
    command: Annotated[str, says("register-session, list-identity, send-rr-data, ...")]
    session: Annotated[int, says("Session handle.")]
    error: Annotated[str, says("Why the command was refused.")] = ""
    product: Annotated[str, says("Product name of a device that identifies itself.")] = ""
    vendor: Annotated[int | None, says("Its vendor's number.")] = None
    device_type: Annotated[int | None, says("Number of its device type.")] = None
    revision: Annotated[str, says("Its revision.")] = ""
    serial: Annotated[str, says("Its serial number, in hex.")] = ""
    latency: Annotated[int | None, says("From the request this answers.", kind=Kind.DURATION)] = None


class CipMessage(Observation, kw_only=True):
    """A service that was asked of an object, or its answer."""

    TABLE = "enip"
    message: Annotated[str, says("encapsulation, cip or io.")] = "cip"
    service: Annotated[str, says("get-attribute-single, forward-open, read-tag, ...")]
    response: Annotated[bool, says("Whether it is the answer.")]
    path: Annotated[str, says("Class, instance and attribute, or the tag.")] = ""
    status: Annotated[str, says("How the service ended; empty in a request.")] = ""
    write: Annotated[bool, says("Whether the service changes the device.")] = False
    latency: Annotated[int | None, says("From the request this answers.", kind=Kind.DURATION)] = None


class CipData(Observation, kw_only=True):
    """The first implicit I/O of one side."""

    TABLE = "enip"
    message: Annotated[str, says("encapsulation, cip or io.")] = "io"
    connection: Annotated[int, says("Connection id.")]


OBSERVATIONS = (EnipMessage, CipMessage, CipData)

_HEAD = {0: bytes(_COMMANDS), 1: b"\0", 9: b"\0", 10: b"\0", 11: b"\0"}  # command, status
SHAPES = {
    "tcp": Shape(starts=(_HEAD,)),
    "udp": Shape(starts=(_HEAD, *beginnings(b"\2\0\x02\x80\x08\0")), least=18),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:
    """Command, length, no options, and what each command's data begins with."""
    if context.transport == "udp" and data[:6] == b"\2\0\x02\x80\x08\0" and data[14:16] == b"\xb1\0":
        return Claim.YES if len(data) == 18 + int.from_bytes(data[16:18], "little") else Claim.NO
    command = data[0] if data else NOP
    if command not in _COMMANDS or data[1:2] not in {b"", b"\0"} or any(data[9:12]):
        return Claim.NO
    if len(data) < HEADER_BYTES:
        return Claim.MORE if context.transport == "tcp" else Claim.NO
    length, status = int.from_bytes(data[2:4], "little"), int.from_bytes(data[8:12], "little")
    if command == NOP and not any(data[:HEADER_BYTES]):  # does nothing; what follows it tells
        rest = data[HEADER_BYTES:]
        return claims(rest, side, context) if context.transport == "tcp" and rest[:1] != b"\0" else Claim.NO
    if data[20:24] != bytes(4) or status not in _STATUS or length > MAX_DATA:
        return Claim.NO
    if command in {SEND, SEND_UNIT}:
        if len(data) < HEADER_BYTES + 8 and length >= 16:
            return Claim.MORE if context.transport == "tcp" else Claim.NO
        sane = (
            length >= 16
            and data[24:28] == bytes(4)
            and 1 <= int.from_bytes(data[30:32], "little") <= MAX_ITEMS
        )
        return Claim.YES if sane else Claim.NO
    return _claims_other(command, length, data, context)


def _claims_other(command: int, length: int, data: bytes, context: Context) -> Claim:
    ends = {(context.transport, context.src_port), (context.transport, context.dst_port)}
    hinted = bool(ends & PORTS)
    if command == REGISTER:
        if length == 4 and len(data) < 28:
            return Claim.MORE
        return Claim.YES if length == 4 and data[24:28] == b"\1\0\0\0" else Claim.NO
    if command in {LIST_IDENTITY, LIST_SERVICES, LIST_INTERFACES} and hinted:
        return Claim.YES if length == 0 or length >= 2 else Claim.NO
    return Claim.YES if command == UNREGISTER and length == 0 and hinted else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 600

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Pending())
        self._seen: set[Direction] = set()

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if not self.stream and data[at : at + 2] == b"\2\0":
            return len(data) - at
        if len(data) - at < HEADER_BYTES:
            return 0
        size = int.from_bytes(data[at + 2 : at + 4], "little")
        if data[at] not in _COMMANDS or data[at + 1] or size > MAX_DATA:
            raise ProtocolError("no encapsulation of EtherNet/IP")
        return HEADER_BYTES + size

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if data[:2] == b"\2\0" and not self.stream:
            return self._io(side, data, now)
        command, context = data[0], data[12:20]
        session, status = int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
        body = Cursor(data, HEADER_BYTES, "little")
        if command in {SEND, SEND_UNIT} and not status:
            body.take(6)
            return self._items(side, body, (session, context), now)
        if command == NOP:
            return None
        sent = command in {SEND, SEND_UNIT}  # and refused as a whole
        key = (1 - side, session, context) if sent else (1 - side, command)
        latency, _ = self._waiting.answer(key, now)
        if latency is None and not sent:
            said = _COMMANDS[command] if self.stream and command != UNREGISTER else ""
            self._waiting.renew((side, command), now, side=side, said=said)
        told = _identity(body) if command == LIST_IDENTITY and body.left else {}
        return (
            EnipMessage(
                time=now,
                side=side,
                command=_COMMANDS[command],
                session=session,
                error=_STATUS.get(status, f"status {status:#x}"),
                latency=latency,
                **told,
            ),
        )

    def _io(self, side: Direction, data: bytes, now: int) -> Iterable[Observation] | None:
        if side in self._seen:
            return None
        self._seen.add(side)
        return (CipData(time=now, side=side, connection=int.from_bytes(data[6:10], "little")),)

    def _items(
        self, side: Direction, body: Cursor, where: tuple[int, bytes], now: int
    ) -> Iterable[Observation] | None:
        found: list[Observation] = []
        connection = 0
        for _ in range(min(body.u16(), MAX_ITEMS)):
            if body.left < 4:
                break
            kind, size = body.u16(), body.u16()
            part = Cursor(body.take(min(size, body.left)), 0, "little")
            if kind == _CONNECTED and part.left > 2:
                connection = part.u16()
                found.append(self._service(side, part, (connection,), now))
            elif kind == _UNCONNECTED and part.left:
                found.append(self._service(side, part, where, now))
        return found

    def _service(self, side: Direction, part: Cursor, key: tuple[Any, ...], now: int) -> Observation:
        service = cip.service(part)
        latency, path = None, service.path
        if service.response:
            latency, asked = self._waiting.answer((1 - side, *key), now)
            path = path if asked is None else asked
        else:
            said = f"{service.name} {path}".strip()
            self._waiting.renew((side, *key), now, path, side=side, said=said)
        return CipMessage(
            time=now,
            side=side,
            service=service.name,
            response=service.response,
            path=path,
            status=service.status,
            write=service.write,
            latency=latency,
        )


def _identity(body: Cursor) -> dict[str, Any]:
    """The first item of an answer to ListIdentity (section 2-4.2.3)."""
    if body.left < 40 or not body.u16() or body.u16() != _IDENTITY:
        return {}
    body.take(2 + 2 + 16)
    vendor, device, _ = body.u16(), body.u16(), body.u16()
    revision = f"{body.u8()}.{body.u8()}"
    body.take(2)
    serial = f"{body.u32():08x}"
    name = plain(body.take(min(body.u8(), body.left)))
    return {"vendor": vendor, "device_type": device, "revision": revision, "serial": serial, "product": name}
