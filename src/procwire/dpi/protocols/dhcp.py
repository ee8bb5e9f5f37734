"""DHCP for IPv4: who asks for an address, what is offered, and what kind of client it is (RFC 2131).

Recognised on any port by the fixed head of 236 bytes, the magic cookie behind it and a message type. The
list of options a client asks for (option 55) tells its kind: the ``fingerprint``. Broadcast answers are flows
of their own, so a latency is only known where both went the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain, terminated
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "dhcp"
REQUESTS = True
PORTS = frozenset({("udp", 67), ("udp", 68), ("udp", 4011)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\x01\x02"

COOKIE = b"\x63\x82\x53\x63"  # RFC 2131 section 3
OPTIONS_AT = 240
MAX_ADDRESSES = 16  # of one option

_TYPES = {
    1: "discover", 2: "offer", 3: "request", 4: "decline", 5: "ack", 6: "nak", 7: "release", 8: "inform",
    9: "force-renew", 10: "lease-query", 11: "lease-unassigned", 12: "lease-unknown", 13: "lease-active",
}  # fmt: skip
_ANSWERS = frozenset({2, 5, 6, 11, 12, 13})
_QUESTIONS = frozenset({1, 3, 8, 10})  # that want an answer


class DhcpMessage(Observation, kw_only=True):
    """A client's wish, or a server's answer."""

    TABLE = "dhcp"
    message: Annotated[str, says("discover, offer, request, ack, nak, release, inform, ...")]
    ident: Annotated[int, says("Transaction id.")]
    hardware: Annotated[str, says("Hardware address of the client.")]
    hostname: Annotated[str, says("Host name that the client gave or got.")] = ""
    fqdn: Annotated[str, says("Full domain name that the client wants registered.")] = ""
    requested: Annotated[str, says("Address that the client asks for.", kind=Kind.ADDRESS)] = ""
    leased: Annotated[str, says("Address that the server gives.", kind=Kind.ADDRESS)] = ""
    client: Annotated[str, says("Address that the client has already.", kind=Kind.ADDRESS)] = ""
    server: Annotated[str, says("Server that is meant, or that answers.", kind=Kind.ADDRESS)] = ""
    relay: Annotated[str, says("Relay agent that passed it on.", kind=Kind.ADDRESS)] = ""
    lease_time: Annotated[int | None, says("How long the lease holds.", unit="s")] = None
    mask: Annotated[str, says("Network mask given.", kind=Kind.ADDRESS)] = ""
    routers: Annotated[tuple[str, ...], says("Routers given.")] = ()
    name_servers: Annotated[tuple[str, ...], says("Name servers given.")] = ()
    domain: Annotated[str, says("Domain name given.")] = ""
    vendor_class: Annotated[str, says("What the client says it is (option 60).")] = ""
    user_class: Annotated[str, says("Class that the client was put in (option 77).")] = ""
    client_id: Annotated[str, says("Client identifier, in hex.")] = ""
    fingerprint: Annotated[
        str, says("Options asked for, in order: numbers joined by commas (option 55).")
    ] = ""
    options: Annotated[str, says("Options sent, in order: numbers joined by commas.")] = ""
    boot_file: Annotated[str, says("File to boot from.")] = ""
    boot_server: Annotated[str, says("Server to boot from.")] = ""
    text: Annotated[str, says("Why a server refused, in its words.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (DhcpMessage,)


def _sane(data: bytes) -> bool:
    """Operation, hardware type with a length, few hops, and the cookie."""
    if len(data) < OPTIONS_AT + 3 or data[236:240] != COOKIE:
        return False
    return data[0] in {1, 2} and data[2] <= 16 and data[3] <= 16


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The head, the cookie, and a message type among the options."""
    if not _sane(data):
        return Claim.NO
    kind = options(data).get(53, b"")
    return Claim.YES if len(kind) == 1 and kind[0] in _TYPES else Claim.NO


def options(data: bytes) -> dict[int, bytes]:
    """Options by number in order of their coming; one that comes again is joined (RFC 3396).

    File and server name may hold options too (option 52).
    """
    found: dict[int, bytes] = {}
    _collect(found, data, OPTIONS_AT, len(data))
    overload = found.get(52, b"\0")[:1]
    if overload in {b"\1", b"\3"}:
        _collect(found, data, 108, 236)
    if overload in {b"\2", b"\3"}:
        _collect(found, data, 44, 108)
    return found


def _collect(found: dict[int, bytes], data: bytes, at: int, end: int) -> None:
    while at + 1 < end and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        stop = at + 2 + data[at + 1]
        if stop > end:
            return
        found[data[at]] = found.get(data[at], b"") + data[at + 2 : stop]
        at = stop


def _address(value: bytes) -> str:
    return ".".join(map(str, value[:4])) if len(value) >= 4 and any(value[:4]) else ""


def _addresses(value: bytes) -> Iterator[str]:
    for at in range(0, min(len(value) - 3, 4 * MAX_ADDRESSES), 4):
        yield ".".join(map(str, value[at : at + 4]))


def _fqdn(value: bytes) -> str:
    """RFC 4702 section 2: flags, two result codes, then a name as text or in labels."""
    if len(value) < 4 or not value[0] & 0x04:
        return terminated(value[3:])
    labels, at = [], 3
    while at < len(value) and value[at]:
        labels.append(plain(value[at + 1 : at + 1 + value[at]]))
        at += 1 + value[at]
    return ".".join(labels)


def _number(value: bytes) -> int | None:
    return int.from_bytes(value, "big") if len(value) == 4 else None


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if not _sane(data):
            raise ProtocolError("not the head of a message")
        found = options(data)
        kind = found.get(53, b"\0")[0] if found.get(53) else 0
        ident = int.from_bytes(data[4:8], "big")
        latency = None
        if kind in _ANSWERS:
            latency, _ = self._pending.answer((1 - side, ident), now)
        else:
            said = f"{_TYPES[kind]} {data[28 : 28 + data[2]].hex(':')}" if kind in _QUESTIONS else ""
            self._pending.ask((int(side), ident), now, side=side, said=said)
        seen = DhcpMessage(
            time=now,
            side=side,
            message=_TYPES.get(kind) or f"type{kind}",
            ident=ident,
            hardware=data[28 : 28 + data[2]].hex(":"),
            leased=_address(data[16:20]),
            client=_address(data[12:16]),
            relay=_address(data[24:28]),
            latency=latency,
        )
        _tell(seen, found)
        if found.get(52, b"\0")[:1] not in {b"\1", b"\3"}:
            seen.boot_file = seen.boot_file or terminated(data[108:236])
        if found.get(52, b"\0")[:1] not in {b"\2", b"\3"}:
            seen.boot_server = seen.boot_server or terminated(data[44:108])
        yield seen


def _tell(seen: DhcpMessage, found: dict[int, bytes]) -> None:
    """What the options say (RFC 2132)."""
    seen.hostname = terminated(found.get(12, b""))
    seen.fqdn = _fqdn(found.get(81, b""))
    seen.requested = _address(found.get(50, b""))
    seen.server = _address(found.get(54, b""))
    seen.lease_time = _number(found.get(51, b""))
    seen.mask = _address(found.get(1, b""))
    seen.routers = tuple(_addresses(found.get(3, b"")))
    seen.name_servers = tuple(_addresses(found.get(6, b"")))
    seen.domain = terminated(found.get(15, b""))
    seen.vendor_class = terminated(found.get(60, b""))
    seen.user_class = plain(found.get(77, b""))
    seen.client_id = found.get(61, b"")[:64].hex()
    seen.fingerprint = ",".join(map(str, found.get(55, b"")))
    seen.options = ",".join(map(str, found))
    seen.boot_file = terminated(found.get(67, b""))
    seen.boot_server = terminated(found.get(66, b""))
    seen.text = terminated(found.get(56, b""))
