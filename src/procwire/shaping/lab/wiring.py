"""What a lab is made of: the command's namespace with its tunnel, and the tunnel at the other end.

The other end is a gateway's namespace, which is made for it; then nothing is changed anywhere else. Or it is
the host's or another one: there, one interface appears (``pwshape0``), and is gone with this process, however
that ends. No other address, route, rule or setting of anybody is changed. The tunnels have a network of four
addresses from 198.18.0.0/15, which RFC 2544 keeps for such uses.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address
from pathlib import Path

from procwire.shaping.failure import ShapingError
from procwire.shaping.lab import namespaces
from procwire.shaping.lab.links import Links, Traffic
from procwire.shaping.lab.tunnel import Tunnel

POOL = IPv4Network("198.18.0.0/15")
QUEUE = 10_000  # packets that a tunnel holds for this process to read
FAR_NAME, NEAR_NAME = "pwshape%d", "eth0"
_SLOTS = 1 << 15  # networks of four in the pool
_EVERYWHERE = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
_LOOPBACK = IPv4Network("127.0.0.0/8")
RESOLVERS = Path("/etc/resolv.conf")
DOMAIN = 53  # the port of DNS
MAX_RESOLVERS = 3  # as resolv.conf(5) has it


@dataclass(frozen=True, slots=True)
class Addresses:
    """The two ends, in both families."""

    near: IPv4Interface
    far: IPv4Interface
    near6: IPv6Interface
    far6: IPv6Interface


def addresses(slot: int) -> Addresses:
    """Those of one of the pool's networks."""
    start = int(POOL.network_address) + 4 * slot
    six = (0xFD70_7773 << 96) + (slot << 16)  # fd70:7773 is a unique local prefix (RFC 4193)
    return Addresses(
        IPv4Interface((start + 2, 30)), IPv4Interface((start + 1, 30)),
        IPv6Interface((six + 2, 126)), IPv6Interface((six + 1, 126)),
    )  # fmt: skip


def free(taken: set[str], first: int) -> Addresses:
    """A network that nobody there has an address in."""
    used = {(int(ip_address(one)) - int(POOL.network_address)) // 4 for one in taken if "." in one}
    for step in range(_SLOTS):
        slot = (first + step) % _SLOTS
        if slot not in used:
            return addresses(slot)
    raise ShapingError(f"all of {POOL} is taken")


class Wiring:
    """A context manager. ``have_ipv6``: whether both ends have it."""

    def __init__(
        self,
        *,
        far: int,
        loopback: bool = False,
        gateway: bool = False,
        resolvers: Iterable[IPv4Address] = (),
    ) -> None:
        """``gateway``: the far namespace is one, and takes every address for its own. ``resolvers`` on
        127.0.0.0/8 are the other end's for the command, too.
        """
        self._far_namespace = far
        self._loopback = loopback
        self._gateway = gateway
        self._resolvers = tuple(resolvers) if gateway and not loopback else ()
        self.namespace = namespaces.made()
        self.have_ipv6 = True
        self.far, self.addresses = namespaces.inside(far, self._make_far)
        self.near = namespaces.inside(self.namespace, self._make_near)

    def __enter__(self) -> Wiring:
        return self

    def __exit__(self, *_: object) -> None:
        self.near.close()
        self.far.close()
        os.close(self.namespace)

    @property
    def is_on_host(self) -> bool:
        """Whether the far interface is where others see it."""
        return not self._gateway

    def dropped(self) -> int:
        """Packets that the kernel could not hand to this process, which was too slow."""
        return (
            self._traffic(self.namespace, self.near).send_drops
            + self._traffic(self._far_namespace, self.far).send_drops
        )

    def _make_far(self) -> tuple[Tunnel, Addresses]:
        with Links() as links:
            given = free(links.addresses(), os.getpid())
            tunnel = Tunnel(FAR_NAME)
            index = links.up(tunnel.name, queue=QUEUE)
            links.address(index, given.far)
            self._try_ipv6(links, index, given.far6)
            if self._loopback or self._gateway:
                _write(f"/proc/sys/net/ipv4/conf/{tunnel.name}/route_localnet", "1")
            if self._gateway:
                self._become_gateway(links, index, given)
        return tunnel, given

    def _become_gateway(self, links: Links, index: int, given: Addresses) -> None:
        links.up("lo")
        links.own_every_address(4, IPv4Network(given.near.ip), index)
        _write("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1")  # it is not for the gateway to say
        if self.have_ipv6:
            links.own_every_address(6, IPv6Network(given.near6.ip), index)
            _write("/proc/sys/net/ipv6/icmp/echo_ignore_all", "1")

    def _make_near(self) -> Tunnel:
        given = self.addresses
        with Links() as links:
            links.up("lo")
            tunnel = Tunnel(NEAR_NAME)
            index = links.up(tunnel.name, queue=QUEUE)
            links.address(index, given.near)
            links.route(index, _EVERYWHERE[0], given.near)
            self._try_ipv6(links, index, given.near6)
            if self.have_ipv6:
                links.route(index, _EVERYWHERE[1], given.near6)
            if self._loopback:
                _write(f"/proc/sys/net/ipv4/conf/{tunnel.name}/route_localnet", "1")
                links.give_up_loopback()
                links.route(index, _LOOPBACK, given.near)
            if self._resolvers:
                self._lead_to_resolvers(links, index, tunnel.name)
            _write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647")
        return tunnel

    def _lead_to_resolvers(self, links: Links, index: int, name: str) -> None:
        """Questions for a resolver on 127.0.0.0/8 go to the other end, and nothing else for there does."""
        links.route(index, _LOOPBACK, self.addresses.near, aside=True)
        links.look_aside_first(self._resolvers, DOMAIN)
        for setting, value in (("route_localnet", "1"), ("accept_local", "1"), ("rp_filter", "0")):
            _write(f"/proc/sys/net/ipv4/conf/{name}/{setting}", value)
        _write("/proc/sys/net/ipv4/conf/all/rp_filter", "0")

    def _try_ipv6(self, links: Links, index: int, given: IPv6Interface) -> None:
        try:
            if self.have_ipv6:
                links.address(index, given)
        except OSError:
            self.have_ipv6 = False

    def _traffic(self, namespace: int, tunnel: Tunnel) -> Traffic:
        def ask() -> Traffic:
            with Links() as links:
                return links.traffic(tunnel.name)

        return namespaces.inside(namespace, ask)


def _write(path: str, value: str) -> None:
    """A setting of an interface of our own. /proc/sys shows the namespace of the thread that opens it."""
    Path(path).write_text(value, encoding="ascii")


def own_resolvers(path: Path = RESOLVERS) -> tuple[IPv4Address, ...]:
    """Name servers that this host has on its own 127.0.0.0/8 (systemd-resolved, dnsmasq, unbound)."""
    found = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for words in map(str.split, path.read_text(encoding="utf-8").splitlines()):
            if len(words) >= 2 and words[0] == "nameserver":
                with contextlib.suppress(ValueError):
                    found.append(IPv4Address(words[1]))
    return tuple(dict.fromkeys(each for each in found[:MAX_RESOLVERS] if each in _LOOPBACK))
