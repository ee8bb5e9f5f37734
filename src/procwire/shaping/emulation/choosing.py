"""Which packets of a path are meant: selectors held against headers. Pure; never raises.

A later fragment has no ports: a selector with ports does not take it. Protocols are those of the first
header.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network

from procwire.shaping.emulation.packet import WITH_PORTS
from procwire.shaping.selection import Selector

Chooses = Callable[[bytes, bool], bool]


def choosing(selectors: Sequence[Selector], exempt: Sequence[Selector]) -> Chooses:
    """Whether a packet is meant; the second word: whether the target sent it."""

    def meant(data: bytes, sent: bool) -> bool:
        header = _header(data, sent)
        if header is None:
            return not selectors
        if any(_takes(one, header) for one in exempt):
            return False
        return not selectors or any(_takes(one, header) for one in selectors)

    if not selectors and not exempt:
        return lambda _data, _sent: True
    return meant


_Header = tuple[int, int, bytes, bytes, int, int]  # version, protocol, local, peer, their ports or -1


def _header(data: bytes, sent: bool) -> _Header | None:
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= 20:
        later = (data[6] & 0x1F) << 8 | data[7]
        protocol, start, first, second = data[9], (data[0] & 15) * 4, data[12:16], data[16:20]
    elif version == 6 and len(data) >= 40:
        protocol, start, first, second, later = data[6], 40, data[8:24], data[24:40], 0
    else:
        return None
    source = target = -1
    if protocol in WITH_PORTS and not later and len(data) >= start + 4:
        source, target = data[start] << 8 | data[start + 1], data[start + 2] << 8 | data[start + 3]
    if sent:
        return version, protocol, first, second, source, target
    return version, protocol, second, first, target, source


def _takes(selector: Selector, header: _Header) -> bool:
    version, protocol, local, peer, local_port, port = header
    if selector.protocol is not None and selector.protocol != protocol:
        return False
    for network, address in ((selector.local, local), (selector.peer, peer)):
        if network is not None and not _within(network, version, address):
            return False
    for ports, number in ((selector.local_port, local_port), (selector.port, port)):
        if ports is not None and not ports[0] <= number <= ports[1]:
            return False
    return True


def _within(network: IPv4Network | IPv6Network, version: int, address: bytes) -> bool:
    mask = int(network.netmask)
    return network.version == version and int.from_bytes(address, "big") & mask == int(
        network.network_address
    )
