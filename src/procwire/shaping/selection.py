"""Which of a target's traffic is meant: peers, ports, protocols. Pure.

A selector speaks of ``peer`` and ``local``, not of source and destination, so that it means the same
traffic in both directions. Written as ``peer=10.0.0.0/8 port=443 protocol=tcp``; several selectors are
alternatives.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec

from procwire.shaping.failure import InvalidError
from procwire.shaping.quantities import count

Network = IPv4Network | IPv6Network
Ports = tuple[int, int]

MAX_SELECTORS = 64  # of an impairment; each becomes a few filters in the kernel
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "icmp6": 58, "sctp": 132, "udplite": 136}
WITH_PORTS = frozenset((6, 17, 132, 136))


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """Traffic with these peers, to or from these ports, of this protocol; what is None may be anything.

    ``port`` is the peer's, ``local_port`` the target's own; both are ranges, ends included.
    """

    peer: Network | None = None
    local: Network | None = None
    port: Ports | None = None
    local_port: Ports | None = None
    protocol: int | None = None

    def __post_init__(self) -> None:
        if self.peer is not None and self.local is not None and self.peer.version != self.local.version:
            raise InvalidError("local", "must be of the same IP version as peer")
        for name in ("port", "local_port"):
            ports = getattr(self, name)
            if ports is None:
                continue
            if not 0 <= ports[0] <= ports[1] <= 65535:
                raise InvalidError(name, f"must be 0 to 65535, the lower first, not {ports[0]}-{ports[1]}")
            if self.protocol is not None and self.protocol not in WITH_PORTS:
                raise InvalidError(name, f"protocol {self.protocol} has no ports")
        if self.protocol is not None and not 0 <= self.protocol <= 255:
            raise InvalidError("protocol", f"must be between 0 and 255, not {self.protocol}")
        if (self.peer, self.local, self.port, self.local_port, self.protocol) == (None,) * 5:
            raise InvalidError("selector", "must name a peer, a port or a protocol")

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions it can match."""
        net = self.peer if self.peer is not None else self.local
        if net is not None:
            return (net.version,)
        return {1: (4,), 58: (6,)}.get(self.protocol or 0, (4, 6))

    @property
    def protocols(self) -> tuple[int, ...]:
        """The protocols to look for; empty: any."""
        if self.protocol is not None:
            return (self.protocol,)
        return (6, 17) if self.port or self.local_port else ()

    def __str__(self) -> str:
        parts = [
            f"{name}={value}" for name in ("peer", "local") if (value := getattr(self, name)) is not None
        ]
        for name in ("port", "local_port"):
            ports = getattr(self, name)
            parts += [] if ports is None else [f"{name}={ports[0]}" + f"-{ports[1]}" * (ports[1] != ports[0])]
        if self.protocol is not None:
            parts.append(f"protocol={_protocol_name(self.protocol)}")
        return " ".join(parts)


def selector(text: str) -> Selector:
    """A selector as it is written; a bare address or network is the peer's. Raises InvalidError."""
    found: dict[str, str] = {}
    for word in text.replace(",", " ").split():
        name, equals, value = word.partition("=")
        name, value = (name, value) if equals else ("peer", word)
        if name in found:
            raise InvalidError(f"selector.{name}", "is given twice: another selector is an alternative")
        found[name] = value
    unknown = sorted(set(found) - {"peer", "local", "port", "local_port", "protocol"})
    if unknown:
        raise InvalidError(f"selector.{unknown[0]}", "there are peer, local, port, local_port and protocol")
    try:
        return Selector(
            peer=_network(found, "peer"), local=_network(found, "local"), port=_ports(found, "port"),
            local_port=_ports(found, "local_port"), protocol=_protocol(found),
        )  # fmt: skip
    except InvalidError as wrong:
        raise wrong if wrong.field.startswith("selector") else wrong.within("selector") from None


def _network(found: dict[str, str], name: str) -> Network | None:
    if name not in found:
        return None
    try:
        return ip_network(found[name].strip("[]"), strict=False)
    except ValueError:
        reason = f"{found[name][:60]!r} is not an address or network, such as 10.0.0.0/8 or 2001:db8::1"
        raise InvalidError(f"selector.{name}", reason) from None


def _ports(found: dict[str, str], name: str) -> Ports | None:
    if name not in found:
        return None
    first, dash, last = found[name].replace(":", "-").partition("-")
    low = count(first, f"selector.{name}")
    return low, count(last, f"selector.{name}") if dash else low


def _protocol(found: dict[str, str]) -> int | None:
    word = found.get("protocol")
    if word is None:
        return None
    if word.lower() in PROTOCOLS:
        return PROTOCOLS[word.lower()]
    if not word.isdigit():
        raise InvalidError("selector.protocol", f"{word[:40]!r} is no number, nor {', '.join(PROTOCOLS)}")
    return count(word, "selector.protocol")


def _protocol_name(number: int) -> str:
    return next((name for name, known in PROTOCOLS.items() if known == number), str(number))
