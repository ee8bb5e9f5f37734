"""flower: a filter by addresses, protocol and ports (net/sched/cls_flower.c, Linux 6.18). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from procwire.shaping.codec import actions
from procwire.shaping.codec.actions import Action
from procwire.shaping.codec.attributes import CodecError, attribute, attributes, number, one, packed

KIND = "flower"
_CLASSID, _ACT, _ETH_TYPE, _IP_PROTO = 1, 3, 8, 9
_SRC4, _SRC4_MASK, _DST4, _DST4_MASK = 10, 11, 12, 13
_SRC6, _SRC6_MASK, _DST6, _DST6_MASK = 14, 15, 16, 17
_SRC_MIN, _SRC_MAX, _DST_MIN, _DST_MAX = 87, 88, 89, 90  # ranges: Linux 4.20
_PORTS = {
    6: (18, 19, 35, 36), 17: (20, 21, 37, 38), 132: (41, 42, 39, 40),
}  # TCP, UDP, SCTP: source, destination and their masks  # fmt: skip
_WITH_RANGES = frozenset(_PORTS)

Network = IPv4Network | IPv6Network
Ports = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flower:
    """What is None may be anything. Ports need a protocol that has some."""

    source: Network | None = None
    destination: Network | None = None
    protocol: int | None = None
    source_ports: Ports | None = None
    destination_ports: Ports | None = None
    ether_type: int = 0
    classid: int = 0
    actions: tuple[Action, ...] = ()


def encode(wanted: Flower) -> bytes:
    """TCA_OPTIONS. Raises CodecError."""
    ranged = wanted.source_ports or wanted.destination_ports
    if ranged and wanted.protocol not in _WITH_RANGES:
        raise CodecError("flower looks at ports of TCP, UDP and SCTP alone")
    sent = number(_CLASSID, wanted.classid) if wanted.classid else b""
    sent += actions.encode(_ACT, wanted.actions)
    if wanted.ether_type:
        sent += attribute(_ETH_TYPE, packed(">H", wanted.ether_type))
    if wanted.protocol is not None:
        sent += attribute(_IP_PROTO, packed("=B", wanted.protocol))
    sent += _network(wanted.source, (_SRC4, _SRC4_MASK), (_SRC6, _SRC6_MASK))
    sent += _network(wanted.destination, (_DST4, _DST4_MASK), (_DST6, _DST6_MASK))
    if wanted.protocol is not None:
        kinds = _PORTS.get(wanted.protocol, (0, 0, 0, 0))
        sent += _ports(wanted.source_ports, (kinds[0], kinds[2]), (_SRC_MIN, _SRC_MAX))
        sent += _ports(wanted.destination_ports, (kinds[1], kinds[3]), (_DST_MIN, _DST_MAX))
    return sent


def decode(options: bytes) -> Flower:
    """Raises CodecError."""
    found = attributes(options)
    protocol = one("=B", found[_IP_PROTO]) if _IP_PROTO in found else None
    kinds = _PORTS.get(protocol if protocol is not None else 0, (0, 0, 0, 0))
    return Flower(
        source=_read_network(found, (_SRC4, _SRC4_MASK), (_SRC6, _SRC6_MASK)),
        destination=_read_network(found, (_DST4, _DST4_MASK), (_DST6, _DST6_MASK)),
        protocol=protocol,
        source_ports=_read_ports(found, kinds[0], (_SRC_MIN, _SRC_MAX)),
        destination_ports=_read_ports(found, kinds[1], (_DST_MIN, _DST_MAX)),
        ether_type=one(">H", found.get(_ETH_TYPE)),
        classid=one("=I", found.get(_CLASSID)),
        actions=actions.decode(found.get(_ACT)),
    )


def _network(network: Network | None, four: tuple[int, int], six: tuple[int, int]) -> bytes:
    if network is None:
        return b""
    kinds = four if network.version == 4 else six
    address = attribute(kinds[0], network.network_address.packed)
    return address + attribute(kinds[1], network.netmask.packed)


def _ports(ports: Ports | None, exact: tuple[int, int], ends: tuple[int, int]) -> bytes:
    if ports is None:
        return b""
    if ports[0] == ports[1]:
        return attribute(exact[0], packed(">H", ports[0])) + attribute(exact[1], packed(">H", 0xFFFF))
    return attribute(ends[0], packed(">H", ports[0])) + attribute(ends[1], packed(">H", ports[1]))


def _read_network(found: dict[int, bytes], *kinds: tuple[int, int]) -> Network | None:
    for address, mask in kinds:
        if address not in found:
            continue
        ones = int.from_bytes(found.get(mask, b"\xff" * len(found[address]))).bit_count()
        try:
            if address in (_SRC4, _DST4):
                return IPv4Network((found[address], ones))
            return IPv6Network((found[address], ones))
        except ValueError as error:
            raise CodecError(f"flower: {error}") from None
    return None


def _read_ports(found: dict[int, bytes], exact: int, ends: tuple[int, int]) -> Ports | None:
    if exact and exact in found:
        port = one(">H", found[exact])
        return port, port
    if ends[0] in found and ends[1] in found:
        return one(">H", found[ends[0]]), one(">H", found[ends[1]])
    return None
