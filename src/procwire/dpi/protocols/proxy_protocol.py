"""PROXY protocol, versions 1 and 2: the addresses that a load balancer announces; then it hands on.

Recognised by its fixed beginnings, on any port: ``PROXY TCP4 ...`` as a line of at most 107 bytes, or the
twelve bytes of version 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). The side that opened sends it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "proxy_protocol"
PORTS: frozenset[tuple[str, int]] = frozenset()  # it stands in front of any other
TRANSPORTS = frozenset({"tcp"})
FIRST = b"P\r"

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
MAX_LINE = 107  # section 2.1, line end included
MAX_HEADER = 4096  # of version 2, TLVs included; the format has 65535
MAX_AHEAD = 1 << 16  # bytes of the answering side held meanwhile

_LINE = lazy(rb"PROXY (?:(TCP[46]) ([0-9a-fA-F.:]+) ([0-9a-fA-F.:]+) ([0-9]{1,5}) ([0-9]{1,5})|UNKNOWN.*)\Z")
_STARTS = (b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN")
_FAMILIES = {0x11: ("tcp", 4), 0x12: ("udp", 4), 0x21: ("tcp", 16), 0x22: ("udp", 16), 0x31: ("unix", 108)}
_ALPN, _AUTHORITY, _UNIQUE, _SSL = 1, 2, 5, 0x20
_SUB_VERSION, _SUB_NAME = 0x21, 0x22


class ProxyHeader(Observation, kw_only=True):
    """A proxy announced whom it speaks for."""

    TABLE = "proxy_protocol"
    SETS: ClassVar = {"server_name": "authority"}
    NAME_SOURCE = "proxy-protocol"
    version: Annotated[int, says("1 or 2.")]
    command: Annotated[str, says("proxy, or local where the proxy speaks for itself.")]
    transport: Annotated[str, says("Transport of the announced connection; empty where not known.")]
    src: Annotated[str, says("Announced address of the client.")]
    src_port: Annotated[int | None, says("Announced port of the client.")]
    dst: Annotated[str, says("Announced address that the client connected to.")]
    dst_port: Annotated[int | None, says("Announced port that the client connected to.")]
    authority: Annotated[str, says("Name that the client asked for, where announced.")] = ""
    alpn: Annotated[str, says("Application protocol that the client agreed on, where announced.")] = ""
    unique_id: Annotated[str, says("Identifier of the connection, in hex, where announced.")] = ""
    tls_version: Annotated[str, says("TLS version towards the client, where announced.")] = ""


OBSERVATIONS = (ProxyHeader,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The fixed beginning of either version."""
    if data.startswith(_STARTS):
        return Claim.YES
    if data.startswith(SIGNATURE) and len(data) > 12:
        return Claim.YES if data[12] >> 4 == 2 and data[12] & 15 < 2 else Claim.NO
    possible = any(one.startswith(data) for one in (*_STARTS, SIGNATURE))
    return Claim.MORE if possible else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._held = [bytearray(), bytearray()]
        self._client: int | None = None
        self._done = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._done:
            return
        if self._client is None:
            self._client = side
        held = self._held[side]
        held += data
        if side != self._client:
            if len(held) > MAX_AHEAD:
                raise ProtocolError("no header")
            return
        header = self._line(side, now) if held[:1] == b"P" else self._binary(side, now)
        if header is not None:
            self._done = True
            yield header
            yield Upgraded(time=now, side=side, hint="")

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Behind a gap nothing can be read here."""
        if side == self._client:
            self._done = True
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done else 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed the header."""
        return bytes(self._held[side])

    def _line(self, side: Direction, now: int) -> ProxyHeader | None:
        held = self._held[side]
        end = held.find(b"\r\n", 0, MAX_LINE)
        if end < 0:
            if len(held) >= MAX_LINE:
                raise ProtocolError("line too long")
            return None
        found = _LINE.match(bytes(held[:end]))
        if found is None:
            raise ProtocolError("not a PROXY line")
        del held[: end + 2]
        if not found[1]:
            return _header((side, now), 1, "proxy", ("", "", None, "", None))
        try:
            src, dst = (str(ipaddress.ip_address(one.decode())) for one in (found[2], found[3]))
        except ValueError:
            raise ProtocolError("not an address") from None
        return _header((side, now), 1, "proxy", ("tcp", src, int(found[4]), dst, int(found[5])))

    def _binary(self, side: Direction, now: int) -> ProxyHeader | None:
        held = self._held[side]
        if len(held) < 16:
            return None
        size = held[14] << 8 | held[15]
        if not held.startswith(SIGNATURE) or size > MAX_HEADER:
            raise ProtocolError("not a PROXY header")
        if len(held) < 16 + size:
            return None
        head, body = held[12:14], bytes(held[16 : 16 + size])
        del held[: 16 + size]
        command = "proxy" if head[0] & 15 else "local"
        transport, width = _FAMILIES.get(head[1], ("", 0))
        if len(body) < 2 * width + (4 if width in {4, 16} else 0):
            raise ProtocolError("addresses do not fit")
        if transport == "unix":
            ends = (transport, *(shown(one.rstrip(b"\0")) for one in (body[:108], body[108:216])))
            return _header((side, now), 2, command, (ends[0], ends[1], None, ends[2], None), body[216:])
        if not width:
            return _header((side, now), 2, command, ("", "", None, "", None))
        src, dst = (str(ipaddress.ip_address(one)) for one in (body[:width], body[width : 2 * width]))
        ports = body[2 * width : 2 * width + 4]
        ports_of = (ports[0] << 8 | ports[1], ports[2] << 8 | ports[3])
        known = (transport, src, ports_of[0], dst, ports_of[1])
        return _header((side, now), 2, command, known, body[2 * width + 4 :])


Ends = tuple[str, str, int | None, str, int | None]


def _header(
    seen: tuple[Direction, int], version: int, command: str, ends: Ends, more: bytes = b""
) -> ProxyHeader:
    told = _values(more)
    ssl = _values(told.get(_SSL, b"")[5:])
    return ProxyHeader(
        time=seen[1],
        side=seen[0],
        version=version,
        command=command,
        transport=ends[0],
        src=ends[1],
        src_port=ends[2],
        dst=ends[3],
        dst_port=ends[4],
        authority=shown(told.get(_AUTHORITY, b"")).lower(),
        alpn=shown(told.get(_ALPN, b"")),
        unique_id=told.get(_UNIQUE, b"")[:128].hex(),
        tls_version=shown(ssl.get(_SUB_VERSION, b"")),
    )


def _values(data: bytes) -> dict[int, bytes]:
    """Type, two bytes of length, value; as far as they fit."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 3 <= len(data):
        size = data[at + 1] << 8 | data[at + 2]
        if at + 3 + size > len(data):
            break
        found.setdefault(data[at], data[at + 3 : at + 3 + size])
        at += 3 + size
    return found
