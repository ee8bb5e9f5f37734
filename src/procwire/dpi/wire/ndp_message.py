"""Neighbour discovery messages of ICMPv6: who has an address, which routers and prefixes there are.

RFC 4861, with the options of RFC 8106 (name servers). Reads options to their end or to the first broken one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from procwire.dpi.wire import _icmp_names
from procwire.dpi.wire.icmp_message import sixteen
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.streams import Direction

ROUTER_SOLICITATION, ROUTER, SOLICITATION, ADVERTISEMENT, REDIRECT = range(133, 138)
KINDS = frozenset(range(133, 138))
MAX_LISTED = 16
_FIXED = {ROUTER_SOLICITATION: 8, ROUTER: 16, SOLICITATION: 24, ADVERTISEMENT: 24, REDIRECT: 40}
_SECOND = 10**9
_ROUTER_FLAGS = ((0x80, "managed"), (0x40, "other"))
_NEIGHBOUR_FLAGS = ((0x80, "router"), (0x40, "solicited"), (0x20, "override"))


class NdpMessage(Observation, kw_only=True):
    """A neighbour discovery message."""

    TABLE = "ndp"
    RISKS = {"faults": "malformed-message"}  # noqa: RUF012
    message: Annotated[str, says("router-solicitation, router-advertisement, neighbour-solicitation, ...")]
    target: Annotated[str, says("Address that is asked for, announced or redirected to.")] = ""
    destination: Annotated[str, says("Address whose packets are redirected.")] = ""
    link_source: Annotated[str, says("Hardware address of the sender.")] = ""
    link_target: Annotated[str, says("Hardware address of the target.")] = ""
    flags: Annotated[tuple[str, ...], says("Flags that are set.")] = ()
    hop_limit: Annotated[int | None, says("Hop limit that a router proposes.")] = None
    lifetime: Annotated[int | None, says("How long the router is a default one.", kind=Kind.DURATION)] = None
    mtu: Annotated[int | None, says("Largest packet of the link, as the router says.", kind=Kind.SIZE)] = None
    prefixes: Annotated[tuple[str, ...], says("Prefixes of the link.")] = ()
    dns_servers: Annotated[tuple[str, ...], says("Name servers that the router announces.")] = ()
    dns_search: Annotated[tuple[str, ...], says("Domains in which names are to be looked for.")] = ()
    latency: Annotated[int | None, says("From the solicitation to this answer.", kind=Kind.DURATION)] = None
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


def read(side: Direction, data: bytes, now: int) -> NdpMessage:
    """One message whose type is among KINDS; a short one has a fault."""
    kind = data[0]
    found: dict[str, Any] = {}
    size = _FIXED[kind]
    if len(data) < size:
        found["faults"] = ("incomplete",)
    else:
        _fixed(kind, data, found)
        for option, body in options(data[size:], found):
            _option(option, body, found)
    name = _icmp_names.ICMP6[kind]
    return NdpMessage(time=now, side=side, message=name, **found)


def _fixed(kind: int, data: bytes, found: dict[str, Any]) -> None:
    if kind == ROUTER:
        found["hop_limit"] = data[4] or None
        found["flags"] = tuple(name for bit, name in _ROUTER_FLAGS if data[5] & bit)
        found["lifetime"] = int.from_bytes(data[6:8], "big") * _SECOND
    elif kind != ROUTER_SOLICITATION:
        found["target"] = sixteen(data[8:24])
    if kind == ADVERTISEMENT:
        found["flags"] = tuple(name for bit, name in _NEIGHBOUR_FLAGS if data[4] & bit)
    elif kind == REDIRECT:
        found["destination"] = sixteen(data[24:40])


def options(data: bytes, found: dict[str, Any]) -> Iterator[tuple[int, bytes]]:
    """(type, body) of each option (RFC 4861 section 4.6); what is broken ends the list as a fault."""
    at = 0
    while at + 2 <= len(data):
        size = data[at + 1] * 8
        if not size or at + size > len(data):
            found["faults"] = ("bad-option",)
            return
        yield data[at], data[at + 2 : at + size]
        at += size


def _option(kind: int, body: bytes, found: dict[str, Any]) -> None:
    if kind in (1, 2):
        found["link_source" if kind == 1 else "link_target"] = body[:6].hex(":")
    elif kind == 3 and len(body) >= 30:
        _add(found, "prefixes", f"{sixteen(body[14:30])}/{body[0]}")
    elif kind == 5 and len(body) >= 6:
        found["mtu"] = int.from_bytes(body[2:6], "big")
    elif kind == 25:
        for at in range(6, len(body) - 15, 16):
            _add(found, "dns_servers", sixteen(body[at : at + 16]))
    elif kind == 31:
        for name in _domains(body[6:]):
            _add(found, "dns_search", name)


def _add(found: dict[str, Any], field: str, text: str) -> None:
    known = found.get(field, ())
    if len(known) < MAX_LISTED:
        found[field] = (*known, text)


def _domains(data: bytes) -> Iterator[str]:
    """Names without compression, padded with zeros (RFC 8106 section 5.2)."""
    labels: list[str] = []
    at = 0
    while at < len(data):
        size = data[at]
        if size > 63 or at + 1 + size > len(data):
            return
        if not size:
            if labels:
                yield ".".join(labels)
            labels = []
        else:
            text = data[at + 1 : at + 1 + size].decode("ascii", "backslashreplace")
            labels.append(text if text.isprintable() else text.encode("unicode_escape").decode("ascii"))
        at += 1 + size
