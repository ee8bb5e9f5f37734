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
NEAR_NS = 2_000_000  # a flow's first packet and a socket's end are told apart by so much: two clocks
_BORN = frozenset({records.CREATED, records.BOUND, records.CONNECTED})  # noted before its first packet


class Noted(NamedTuple):
    """The socket behind a name, and who has it; ``owner`` is None for one that the kernel made for itself.

    ``contested``: it is one of two, of different namespaces, and nothing tells which.
    """

    cookie: int
    owner: records.Owner | None
    contested: bool = False


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
        if named is None:
            return None
        if named.cookie == records.OF_KERNEL:
            return Noted(named.cookie, None)
        last = self._held(named.cookie)
        before = self._held(named.before) if named.before else None
        if before is None:
            return last
        now = self._clock()
        at = now - (time.time_ns() - key.at) if key.at else now
        able = [each for each in (last, before) if each is not None and _may_have(each.owner, at)]
        # Sockets between these two are not remembered: what began since then may have been one of theirs.
        if len(able) == 1 and (able[0] is last or at < named.since):
            return able[0]
        return before._replace(owner=None, contested=True)

    def _held(self, cookie: int) -> Noted | None:
        """A socket that is open, or was a while ago."""
        value = self._sockets.get(records.COOKIE.pack(cookie))
        owner = records.unpack_owner(value) if value is not None else None
        if owner is None or (owner.released and self._clock() - owner.released > CLOSED_NS):
            return None
        return Noted(cookie, owner)

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


def _may_have(owner: records.Owner | None, at: int) -> bool:
    """Was there this socket then? Of one that somebody has from another, when it began is not known."""
    if owner is None or (owner.how in _BORN and at < owner.since - NEAR_NS):
        return False
    return not owner.released or at <= owner.released + NEAR_NS


def _ports(key: Key) -> tuple[int, int]:
    """As the programs name the ends: ICMP by the type that this end sends, others without ports by none."""
    if key.proto in CONNECTED:
        return key.sport, key.dport
    return (key.sport, 0) if key.proto in (ICMP, ICMPV6) else (0, 0)
