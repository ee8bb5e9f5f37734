"""Where a line of a policy lets a program go: names, networks, autonomous systems, ports, protocols.

``example.com`` is that name alone, ``*.example.com`` it and all beneath it, ``192.0.2.7`` an address,
``10.0.0.0/8`` a network, ``AS64500`` all that this autonomous system announces, ``any`` everything.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from procwire.egress.contact import Contact
from procwire.egress.reason import EgressError

ANY = "any"
MAX_PORT = 65_535
_NUMBER = re.compile(r"AS(\d{1,10})", re.IGNORECASE)
_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_PORTS = re.compile(r"\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*")

Fits = Callable[[Contact], bool]


def destination(text: str) -> Fits:
    """Whether a contact goes there. Raises EgressError for what is no destination."""
    if text == ANY:
        return lambda _: True
    if number := _NUMBER.fullmatch(text):
        wanted = int(number[1])
        return lambda contact: contact.asn == wanted
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return _name(text)
    if network.num_addresses == 1:
        one = str(network.network_address)
        return lambda contact: contact.address == one
    return lambda contact: _inside(contact.address, network)


def ports(text: str) -> Callable[[int | None], bool]:
    """Whether a port is one of these: 443, 8000-8100, 80,443, any. Raises EgressError."""
    if text == ANY:
        return lambda _: True
    spans = []
    if not _PORTS.fullmatch(text):
        raise EgressError(f"{text!r} is no port: write 443, 8000-8100, 80,443 or any")
    for part in text.split(","):
        low, _, high = part.partition("-")
        span = int(low), int(high or low)
        if span[0] > span[1] or span[1] > MAX_PORT:
            raise EgressError(f"{part!r} is no range of ports")
        spans.append(span)
    return lambda port: port is not None and any(low <= port <= high for low, high in spans)


def _name(text: str) -> Fits:
    wanted = text.rstrip(".").lower()
    if not _NAME.fullmatch(wanted):
        raise EgressError(f"{text!r} is no name, address, network, AS number or 'any'")
    if not wanted.startswith("*."):
        return lambda contact: contact.name == wanted
    stem, beneath = wanted[2:], wanted[1:]
    return lambda contact: contact.name == stem or contact.name.endswith(beneath)


def _inside(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    found = ipaddress.ip_address(address)
    return found.version == network.version and found in network
