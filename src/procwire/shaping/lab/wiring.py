"""What a lab is made of: the command's namespace with its tunnel, and the tunnel at the other end.

The other end is the host's namespace or another one. There, one interface appears (``pwshape0``), with a
network of four addresses from 198.18.0.0/15, which RFC 2544 keeps for such uses; it is gone with this
process, however that ends. Nothing else is changed: no address, route, rule or setting of anybody.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address
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

    def __init__(self, *, far: int, loopback: bool = False) -> None:
        self._far_namespace = far
        self._loopback = loopback
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
            if self._loopback:
                _write(f"/proc/sys/net/ipv4/conf/{tunnel.name}/route_localnet", "1")
        return tunnel, given

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
            _write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647")
        return tunnel

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
