"""DHCP for IPv6: who asks for addresses or a prefix, and what is given (RFC 8415).

Recognised on any port by a message type, options that fill the datagram to its last byte, and an identifier
of the client or the server (DUID) of a known kind among them; a relay's message by what it carries. The
options a client asks for (option 6) tell its kind: the ``fingerprint``.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "dhcpv6"
REQUESTS = True
PORTS = frozenset({("udp", 546), ("udp", 547)})
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(range(1, 14))

MAX_RELAYS = 8  # section 7.6: HOP_COUNT_LIMIT
MAX_LISTED = 32  # options that are shown, and of those asked for
RELAY_FORWARD, RELAY_REPLY = 12, 13

_TYPES = {
    1: "solicit", 2: "advertise", 3: "request", 4: "confirm", 5: "renew", 6: "rebind", 7: "reply",
    8: "release", 9: "decline", 10: "reconfigure", 11: "information-request", 12: "relay-forward",
    13: "relay-reply",
}  # fmt: skip
_STATUS = {0: "success", 1: "unspecified-failure", 2: "no-addresses", 3: "no-binding", 4: "not-on-link",
           5: "use-multicast", 6: "no-prefix"}  # fmt: skip
_ANSWERS = frozenset({2, 7})
_QUESTIONS = frozenset({1, 3, 4, 5, 6, 8, 9, 11})  # RFC 8415 section 18.3


class Dhcpv6Message(Observation, kw_only=True):
    """A client's wish, or a server's answer, as it was passed on by relays."""

    TABLE = "dhcpv6"
    message: Annotated[str, says("solicit, advertise, request, reply, renew, release, ...")]
    ident: Annotated[int, says("Transaction id.")]
    client_id: Annotated[str, says("Identifier of the client (DUID), in hex.")] = ""
    server_id: Annotated[str, says("Identifier of the server (DUID), in hex.")] = ""
    hardware: Annotated[str, says("Hardware address in the client's identifier.")] = ""
    fqdn: Annotated[str, says("Domain name of the client.")] = ""
    addresses: Annotated[tuple[str, ...], says("Addresses asked for or given.")] = ()
    prefixes: Annotated[tuple[str, ...], says("Prefixes asked for or given.")] = ()
    lease_time: Annotated[int | None, says("How long the first address or prefix is valid.", unit="s")] = None
    status: Annotated[str, says("Status that the server gave, with its words.")] = ""
    name_servers: Annotated[tuple[str, ...], says("Name servers given.")] = ()
    domains: Annotated[tuple[str, ...], says("Domains to search in.")] = ()
    vendor_class: Annotated[str, says("What the client says it is (option 16).")] = ""
    fingerprint: Annotated[str, says("Options asked for, in order: numbers joined by commas (option 6).")] = (
        ""
    )
    options: Annotated[str, says("Options sent, in order: numbers joined by commas.")] = ""
    elapsed: Annotated[
        int | None, says("How long the client has been trying, as it says.", kind=Kind.DURATION)
    ] = None
    relays: Annotated[tuple[str, ...], says("Who it was passed on for, outermost first.")] = ()
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (Dhcpv6Message,)


def walk(data: bytes, at: int) -> list[tuple[int, bytes]]:
    """Options from an offset on (section 21.1). Raises ProtocolError where they do not fill the bytes."""
    found: list[tuple[int, bytes]] = []
    while at < len(data):
        if at + 4 > len(data):
            raise ProtocolError("option is cut")
        stop = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if stop > len(data):
            raise ProtocolError("option is cut")
        found.append((int.from_bytes(data[at : at + 2], "big"), data[at + 4 : stop]))
        at = stop
    return found


def _unwrapped(data: bytes) -> tuple[bytes, list[str]]:
    """The client's or server's own message, and the relays around it (section 9). Raises ProtocolError."""
    relays: list[str] = []
    while data[:1] in {b"\x0c", b"\x0d"}:
        if len(data) < 34 or data[1] > 32 or len(relays) > MAX_RELAYS:
            raise ProtocolError("relay makes no sense")
        relays.append(str(IPv6Address(data[18:34])))
        inner = [value for code, value in walk(data, 34) if code == 9]
        if not inner:
            raise ProtocolError("a relay that carries nothing")
        data = inner[0]
    if len(data) < 4 or data[0] not in _TYPES:
        raise ProtocolError("unknown message type")
    return data, relays


SHAPES = {  # option codes are below 256; a relay counts its hops
    "udp": Shape(starts=({0: bytes(range(1, 12)), 4: b"\0"}, {0: b"\x0c\x0d", 1: bytes(range(33))}), least=8)
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Options to the last byte, and an identifier that can be one."""
    try:
        data, _ = _unwrapped(data)
        found = walk(data, 4)
    except ProtocolError:
        return Claim.NO
    # Section 11: kinds 1 to 4 of a DUID; information requests may come without one (section 18.2.6).
    known = any(code in {1, 2} and 4 <= len(value) <= 130 and value[:1] == b"\0" and 1 <= value[1] <= 4
                for code, value in found)  # fmt: skip
    return Claim.YES if known and all(code < 256 for code, _ in found) else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        inner, relays = _unwrapped(data)
        found = walk(inner, 4)
        ident = int.from_bytes(inner[1:4], "big")
        latency = None
        if inner[0] in _ANSWERS:
            latency, _ = self._pending.answer((1 - side, ident), now)
        else:
            said = _TYPES[inner[0]] if inner[0] in _QUESTIONS else ""
            self._pending.ask((int(side), ident), now, side=side, said=said)
        seen = Dhcpv6Message(
            time=now,
            side=side,
            message=_TYPES[inner[0]],
            ident=ident,
            options=",".join(str(code) for code, _ in found[:MAX_LISTED]),
            relays=tuple(relays),
            latency=latency,
        )
        for code, value in found:
            _tell(seen, code, value)
        yield seen


def _tell(seen: Dhcpv6Message, code: int, value: bytes) -> None:
    """What one option says (section 21, RFC 3646, RFC 4704)."""
    if code == 1:
        seen.client_id = value[:130].hex()
        start = {1: 8, 3: 4}.get(value[1] if len(value) > 1 else 0)  # section 11.2, 11.4
        seen.hardware = value[start:].hex(":") if start and len(value) - start == 6 else ""
    elif code == 2:
        seen.server_id = value[:130].hex()
    elif code in {3, 4, 25}:
        _association(seen, value[4 if code == 4 else 12 :])
    elif code == 6:
        asked = [int.from_bytes(value[at : at + 2], "big") for at in range(0, len(value) - 1, 2)]
        seen.fingerprint = ",".join(map(str, asked[:MAX_LISTED]))
    elif code == 8 and len(value) == 2:
        seen.elapsed = int.from_bytes(value, "big") * 10_000_000
    elif code == 13:
        seen.status = _status(value)
    elif code == 16:
        seen.vendor_class = plain(value[6:])
    elif code == 23:
        ends = range(0, min(len(value) - 15, 16 * MAX_LISTED), 16)
        seen.name_servers = tuple(str(IPv6Address(value[at : at + 16])) for at in ends)
    elif code == 24:
        seen.domains = names(value)
    elif code == 39:
        seen.fqdn = ".".join(names(value[1:])[:1])


def _association(seen: Dhcpv6Message, value: bytes) -> None:
    """Addresses, prefixes and status within an identity association (section 21.4, 21.21)."""
    try:
        found = walk(value, 0)
    except ProtocolError:
        return
    for code, inner in found[:MAX_LISTED]:
        if code == 5 and len(inner) >= 24:
            seen.addresses = (*seen.addresses, str(IPv6Address(inner[:16])))[:MAX_LISTED]
            valid = int.from_bytes(inner[20:24], "big")
        elif code == 26 and len(inner) >= 25:
            prefix = f"{IPv6Address(inner[9:25])}/{inner[8]}"
            seen.prefixes = (*seen.prefixes, prefix)[:MAX_LISTED]
            valid = int.from_bytes(inner[4:8], "big")
        else:
            seen.status = _status(inner) if code == 13 else seen.status
            continue
        seen.lease_time = valid if seen.lease_time is None else seen.lease_time


def _status(value: bytes) -> str:
    code = int.from_bytes(value[:2], "big")
    words = plain(value[2:])
    return f"{_STATUS.get(code) or code}{': ' + words if words else ''}"


def names(value: bytes) -> tuple[str, ...]:
    """Uncompressed names in a row (section 10); one without its end counts too."""
    found: list[str] = []
    labels: list[str] = []
    at = 0
    while at < len(value) and len(found) < MAX_LISTED:
        size = value[at]
        if size == 0 or size > 63:
            found += [".".join(labels)] if labels else []
            labels = []
            at += 1
            continue
        labels.append(plain(value[at + 1 : at + 1 + size]))
        at += 1 + size
    return (*found, ".".join(labels)) if labels else tuple(found)
