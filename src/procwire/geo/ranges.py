"""What range an address lies in, where that range is a special one, or one that nobody was given."""

from __future__ import annotations

import ipaddress
from functools import cache

from procwire.geo._ranges import RANGES

GLOBAL_IPV6 = 0b001  # the first three bits of all that is given out (RFC 4291 section 2.4)
UNALLOCATED = "unallocated"


@cache
def _by_length() -> list[tuple[int, int, int, str]]:
    """(version, mask, network, label), the narrowest first."""
    networks = [(ipaddress.ip_network(text), label) for text, label in RANGES]
    networks.sort(key=lambda pair: pair[0].prefixlen, reverse=True)
    return [(net.version, int(net.netmask), int(net.network_address), label) for net, label in networks]


def label(address: str) -> str:
    """The special range's name; empty for an address like any other, and for what is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    value = int(parsed)
    for version, mask, network, name in _by_length():
        if version == parsed.version and value & mask == network:
            return name
    if parsed.version == 6 and value >> 125 != GLOBAL_IPV6:
        return UNALLOCATED
    return ""
