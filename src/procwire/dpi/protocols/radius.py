"""RADIUS: who asks to be let in, through which access server, and what a session used (RFC 2865, RFC 2866).

Recognised by a code, a length that is the datagram's, and attributes that fill it to the last byte; where
there are none it is only taken on the protocol's ports. Passwords are hidden by a weak scheme; that one was
sent and how is shown, never its bytes. Whether a message is signed is shown too (BlastRADIUS).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _radius_names as names
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "radius"
_PORTS = (1812, 1813, 1645, 1646, 3799)
REQUESTS = True
PORTS = frozenset({("udp", port) for port in _PORTS})
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(names.CODES)

HEADER_BYTES = 20
MAX_BYTES = 4096  # RFC 2865 section 3


class RadiusMessage(Observation, kw_only=True):
    """A request of an access server, or the answer to one."""

    TABLE = "radius"
    message: Annotated[str, says("access-request, access-accept, accounting-request, ...")]
    ident: Annotated[int, says("Identifier that pairs request and answer.")]
    user: Annotated[str, says("User name.")] = ""
    method: Annotated[str, says("How the user proves who it is: pap, chap, mschap, eap and its type.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent, hidden by the weak scheme.")] = False
    signed: Annotated[bool, says("Whether a Message-Authenticator is there.")] = False
    access_server: Annotated[str, says("Access server: its name, or its address.")] = ""
    port_type: Annotated[str, says("Kind of port that the user is at.")] = ""
    calling: Annotated[str, says("Station that calls, mostly a hardware address.")] = ""
    called: Annotated[str, says("Station that is called, mostly an access point and network name.")] = ""
    address: Annotated[str, says("Address that the user gets.", kind=Kind.ADDRESS)] = ""
    service: Annotated[str, says("Kind of service.")] = ""
    status: Annotated[str, says("Accounting status: start, stop, interim, ...")] = ""
    session: Annotated[str, says("Accounting session id.")] = ""
    session_time: Annotated[int | None, says("How long the session has lasted.", unit="s")] = None
    input_bytes: Annotated[int | None, says("Bytes that the user sent.", kind=Kind.SIZE)] = None
    output_bytes: Annotated[int | None, says("Bytes that the user got.", kind=Kind.SIZE)] = None
    cause: Annotated[str, says("Why the session ended.")] = ""
    text: Annotated[str, says("Message for the user.")] = ""
    vendors: Annotated[tuple[str, ...], says("Vendors whose own attributes are there.")] = ()
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None
    retransmitted: Annotated[bool, says("Whether the same request was sent before and not answered.")] = False


OBSERVATIONS = (RadiusMessage,)


def attributes(data: bytes) -> list[tuple[int, bytes]]:
    """Types and values (RFC 2865 section 5). Raises ProtocolError where they do not fill the message."""
    if len(data) < HEADER_BYTES or data[0] not in names.CODES:
        raise ProtocolError("unknown code")
    end = int.from_bytes(data[2:4], "big")
    if not HEADER_BYTES <= end <= min(len(data), MAX_BYTES):  # what is behind is padding (section 3)
        raise ProtocolError("length makes no sense")
    found: list[tuple[int, bytes]] = []
    at = HEADER_BYTES
    while at < end:
        if at + 2 > end or data[at + 1] < 2 or at + data[at + 1] > end:
            raise ProtocolError("attribute is cut")
        found.append((data[at], data[at + 2 : at + data[at + 1]]))
        at += data[at + 1]
    return found


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Attributes to the last byte, or none on a known port."""
    try:
        found = attributes(data)
    except ProtocolError:
        return Claim.NO
    named = bool({context.src_port, context.dst_port} & set(_PORTS))
    whole = (
        int.from_bytes(data[2:4], "big") == len(data) and len(found) > 1 and all(kind for kind, _ in found)
    )
    return Claim.YES if named or whole else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())
        self._latest: dict[tuple[int, int], bytes] = {}  # authenticator of the last request by identifier

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        found = attributes(data)
        seen = RadiusMessage(time=now, side=side, message=names.CODES[data[0]], ident=data[1])
        eap = b"".join(value for kind, value in found if kind == 79)
        for kind, value in found:
            reader = _READERS.get(kind)
            if reader is not None:
                reader(seen, value)
        if eap:
            seen.method = _eap(eap)
        if data[0] in names.REQUESTS:
            seen.retransmitted = self._pending.ask(
                (int(side), data[1], data[4:20]), now, side=side, said=f"{seen.message} {seen.user}".strip()
            )
            self._latest[int(side), data[1]] = data[4:20]
        else:
            last = self._latest.pop((1 - side, data[1]), b"")
            seen.latency, _ = self._pending.answer((1 - side, data[1], last), now)
        yield seen


def _eap(value: bytes) -> str:
    """RFC 3748 section 4."""
    code = names.EAP_CODES.get(value[0]) or str(value[0])
    if value[0] in {1, 2} and len(value) > 4:
        return f"eap-{names.EAP_TYPES.get(value[4]) or value[4]} {code}"
    return f"eap {code}"


def _text(name: str) -> Callable[[RadiusMessage, bytes], None]:
    def read(seen: RadiusMessage, value: bytes) -> None:
        setattr(seen, name, getattr(seen, name) or plain(value))

    return read


def _number(name: str, words: dict[int, str] | None = None) -> Callable[[RadiusMessage, bytes], None]:
    def read(seen: RadiusMessage, value: bytes) -> None:
        number = int.from_bytes(value[:8], "big")
        setattr(seen, name, number if words is None else words.get(number) or str(number))

    return read


def _method(word: str, *, credentials: bool) -> Callable[[RadiusMessage, bytes], None]:
    def read(seen: RadiusMessage, value: bytes) -> None:  # noqa: ARG001
        seen.method = word
        seen.credentials = credentials

    return read


def _server(seen: RadiusMessage, value: bytes) -> None:
    if not seen.access_server and len(value) in {4, 16}:
        seen.access_server = str(IPv4Address(value) if len(value) == 4 else IPv6Address(value))


def _server_name(seen: RadiusMessage, value: bytes) -> None:
    seen.access_server = plain(value)


def _address(seen: RadiusMessage, value: bytes) -> None:
    if len(value) == 4:
        seen.address = str(IPv4Address(value))


def _signed(seen: RadiusMessage, value: bytes) -> None:
    seen.signed = len(value) == 16


def _gigawords(name: str) -> Callable[[RadiusMessage, bytes], None]:
    """RFC 2869 section 5.1: what went beyond 32 bits."""

    def read(seen: RadiusMessage, value: bytes) -> None:
        setattr(seen, name, (getattr(seen, name) or 0) + (int.from_bytes(value[:4], "big") << 32))

    return read


def _vendor(seen: RadiusMessage, value: bytes) -> None:
    number = int.from_bytes(value[:4], "big")
    name = names.VENDORS.get(number) or str(number)
    if name not in seen.vendors and len(seen.vendors) < 16:
        seen.vendors = (*seen.vendors, name)
    if number == 311 and len(value) > 4 and value[4] in {1, 25}:  # RFC 2548 section 2.1.3, 2.3.2
        seen.method = "mschap" if value[4] == 1 else "mschapv2"


_READERS: dict[int, Callable[[RadiusMessage, bytes], None]] = {
    1: _text("user"), 2: _method("pap", credentials=True), 3: _method("chap", credentials=False),
    4: _server, 95: _server, 32: _server_name, 6: _number("service", names.SERVICES), 8: _address,
    18: _text("text"), 26: _vendor, 30: _text("called"), 31: _text("calling"),
    40: _number("status", names.STATUS), 42: _number("input_bytes"), 43: _number("output_bytes"),
    44: _text("session"), 46: _number("session_time"), 49: _number("cause", names.CAUSES),
    52: _gigawords("input_bytes"), 53: _gigawords("output_bytes"), 61: _number("port_type", names.PORT_TYPES),
    80: _signed,
}  # fmt: skip
