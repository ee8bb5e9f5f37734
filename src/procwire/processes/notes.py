"""What the programs in the kernel have noted of sockets, and whether their processes are who they were.

Whoever has the maps may read them, also by descriptors that cannot write: an engine, whose warden has the
programs. There are no arguments of processes in them, which may hold secrets. Each look-up reads the maps: no
event is waited for, none lost.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import NamedTuple, Self

from procwire.bpf import records
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import Map
from procwire.processes import keys
from procwire.processes._names import CONNECTED, ICMP, ICMPV6
from procwire.processes.keys import Key

CLOSED_NS = 60_000_000_000  # a closed socket is vouched for this long: its name may be another's later


class Noted(NamedTuple):
    """The socket behind a name, and who has it; ``owner`` is None for one that the kernel made for itself."""

    cookie: int
    owner: records.Owner | None


class Notes:
    """The three maps. ``home`` is the cookie of the network namespace whose loopback addresses are meant."""

    def __init__(
        self, maps: tuple[Map, ...], home: int, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._maps = maps
        self._tuples, self._sockets, self._lives = maps
        self._home = home
        self._clock = clock

    def read_only(self) -> Self | None:
        """The same by descriptors that can only read; None where such are not to be had."""
        maps: list[Map] = []
        try:
            maps.extend(each.read_only() for each in self._maps)
        except BpfError:
            for each in maps:
                each.close()
            return None
        return type(self)(tuple(maps), self._home, self._clock)

    def close(self) -> None:
        """Let the descriptors go, of notes that were made by ``read_only``."""
        for each in self._maps:
            each.close()

    def socket(self, key: Key) -> Noted | None:
        """The socket at ``key.src``; None where it was not seen, or is closed too long. Raises BpfError."""
        named = self._named(key, self._home if keys.is_loopback(key.src) else 0)
        if named is None or named.contested:
            return None
        if named.cookie == records.OF_KERNEL:
            return Noted(named.cookie, None)
        value = self._sockets.get(records.COOKIE.pack(named.cookie))
        if value is None:
            return None
        owner = records.unpack_owner(value)
        if owner.released and self._clock() - owner.released > CLOSED_NS:
            return None
        return Noted(named.cookie, owner)

    def life(self, start: int, tgid: int) -> records.Life:
        """What has become of a process. Raises BpfError."""
        value = self._lives.get(records.pack_identity(start, tgid))
        return records.unpack_life(value) if value is not None else records.Life()

    def knows(self, cookie: int) -> bool:
        """Whether there is a note of that socket. Never raises."""
        with contextlib.suppress(BpfError):
            return self._sockets.get(records.COOKIE.pack(cookie)) is not None
        return False

    def _named(self, key: Key, netns: int) -> records.Named | None:
        sport, dport = _ports(key)
        value = self._tuples.get(records.pack_tuple(key.src, sport, key.dst, dport, (key.proto, netns)))
        if value is not None:
            return records.unpack_named(value)
        named = self._named(key, 0) if netns else None
        # The kernel's own sockets are noted without their namespace.
        return named if named is not None and named.cookie == records.OF_KERNEL else None


def _ports(key: Key) -> tuple[int, int]:
    """As the programs name the ends: ICMP by the type that this end sends, others without ports by none."""
    if key.proto in CONNECTED:
        return key.sport, key.dport
    return (key.sport, 0) if key.proto in (ICMP, ICMPV6) else (0, 0)
