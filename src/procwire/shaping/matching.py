"""Selectors as filters: u32, which every kernel has, or flower, which sees through IPv6 extension headers.
Pure.

u32 looks at fixed offsets: ports are found in IPv4 packets without options that are no later fragments, and
in IPv6 packets without extension headers. What it cannot find is not matched.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from procwire.shaping.codec import flower, u32
from procwire.shaping.codec.flower import Flower
from procwire.shaping.codec.traffic import ETH_IP, ETH_IPV6
from procwire.shaping.codec.u32 import U32, Key
from procwire.shaping.failure import ShapingError
from procwire.shaping.selection import WITH_PORTS, Network, Ports, Selector

MAX_FILTERS = 2048  # of one tree
ETHER_TYPES = {4: ETH_IP, 6: ETH_IPV6}
_IP4_SOURCE, _IP4_DESTINATION, _IP4_PORTS = 12, 16, 20
_IP6_SOURCE, _IP6_DESTINATION, _IP6_PORTS = 8, 24, 40


class Match(NamedTuple):
    """One filter: the EtherType it is for, its kind and options."""

    protocol: int
    kind: str
    options: bytes


class Sought(NamedTuple):
    """A selector seen from one direction."""

    source: Network | None
    destination: Network | None
    source_ports: Ports | None
    destination_ports: Ports | None


def matches(
    selectors: tuple[Selector, ...], classid: int, *, sent: bool, with_flower: bool
) -> tuple[Match, ...]:
    """The filters that give a class to what any of the selectors means. Raises ShapingError for too many.

    ``sent``: the packets are the target's own, so that a peer is their destination.
    """
    make = _by_flower if with_flower else _by_u32
    found = [match for selector in selectors for match in make(selector, classid, sent=sent)]
    if len(found) > MAX_FILTERS:
        raise ShapingError(
            f"these selectors come to {len(found)} filters, more than {MAX_FILTERS}: name less"
        )
    return tuple(dict.fromkeys(found))


def blocks(ports: Ports) -> Iterator[tuple[int, int]]:
    """A range of ports as values under masks, the fewest there are."""
    low, high = ports
    while low <= high:
        size = low & -low or 1 << 16
        while size > high - low + 1:
            size >>= 1
        yield low, 0x10000 - size
        low += size


def _seen(selector: Selector, *, sent: bool) -> Sought:
    if sent:
        return Sought(selector.local, selector.peer, selector.local_port, selector.port)
    return Sought(selector.peer, selector.local, selector.port, selector.local_port)


def _by_flower(selector: Selector, classid: int, *, sent: bool) -> Iterator[Match]:
    seen = _seen(selector, sent=sent)
    for version in selector.versions:
        for protocol in selector.protocols or (None,):
            if (seen.source_ports or seen.destination_ports) and protocol not in WITH_PORTS - {136}:
                yield from _u32_of(seen, version, protocol, classid)  # UDP-Lite
                continue
            wanted = Flower(
                source=seen.source, destination=seen.destination, protocol=protocol,
                source_ports=seen.source_ports, destination_ports=seen.destination_ports,
                ether_type=ETHER_TYPES[version], classid=classid,
            )  # fmt: skip
            yield Match(ETHER_TYPES[version], flower.KIND, flower.encode(wanted))


def _by_u32(selector: Selector, classid: int, *, sent: bool) -> Iterator[Match]:
    seen = _seen(selector, sent=sent)
    for version in selector.versions:
        for protocol in selector.protocols or (None,):
            yield from _u32_of(seen, version, protocol, classid)


def _u32_of(seen: Sought, version: int, protocol: int | None, classid: int) -> Iterator[Match]:
    keys: list[Key] = []
    if protocol is not None:
        keys.append(Key(protocol << 16, 0xFF0000, 8) if version == 4 else Key(protocol << 8, 0xFF00, 4))
    places = (_IP4_SOURCE, _IP4_DESTINATION) if version == 4 else (_IP6_SOURCE, _IP6_DESTINATION)
    for network, place in zip((seen.source, seen.destination), places, strict=True):
        keys += _network(network, place)
    ports = [_port_keys(seen.source_ports, version, 16), _port_keys(seen.destination_ports, version, 0)]
    if version == 4 and (seen.source_ports or seen.destination_ports):
        keys += [Key(0x05000000, 0x0F000000, 0), Key(0, 0x1FFF, 4)]  # no options, no later fragment
    for source, destination in product(*ports):
        wanted = U32(keys=(*keys, *source, *destination), classid=classid)
        yield Match(ETHER_TYPES[version], u32.KIND, u32.encode(wanted))


def _port_keys(ports: Ports | None, version: int, shift: int) -> list[tuple[Key, ...]]:
    if ports is None:
        return [()]
    place = _IP4_PORTS if version == 4 else _IP6_PORTS
    return [(Key(value << shift, mask << shift, place),) for value, mask in blocks(ports)]


def _network(network: Network | None, place: int) -> list[Key]:
    if network is None:
        return []
    address, mask = network.network_address.packed, network.netmask.packed
    words = range(0, len(address), 4)
    keys = [
        Key(int.from_bytes(address[at : at + 4]), int.from_bytes(mask[at : at + 4]), place + at)
        for at in words
    ]
    return [key for key in keys if key.mask]
