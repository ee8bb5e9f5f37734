"""The structs of owners.bpf.c as values. Pure.

Addresses are 16 bytes in the maps, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), as dual-stack sockets
have them. Text that a process chose stays bytes here.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

CREATED, BOUND, CONNECTED, SENT, NAMED, USED, LISTENED, INJECTED = range(1, 9)  # Owner.how
OF_KERNEL = (1 << 64) - 1  # Named.cookie of a socket that the kernel made for itself

_TUPLE = struct.Struct("=16s16sQHHI")
_NAMED = struct.Struct("=QQQQ")
_OWNER = struct.Struct("=QQQQIIII16s")
_IDENTITY = struct.Struct("=QII")
_LIFE = struct.Struct("=QQ")
_FACTS = struct.Struct("=QQQQQIIIIII16s256s512s")
COOKIE = struct.Struct("=Q")

NAMED_BYTES = _NAMED.size
OWNER_BYTES = _OWNER.size
FACTS_BYTES = _FACTS.size
LIFE_BYTES = _LIFE.size
COUNTS = ("sockets", "tuples", "processes", "refused")
_MAPPED = bytes(10) + b"\xff\xff"


class Named(NamedTuple):
    """The socket behind a 5-tuple."""

    cookie: int
    netns: int  # cookie of its network namespace
    before: int  # cookie of the last socket of another namespace that had it; 0 for none
    since: int  # monotonic ns, when it was taken over from there


class Owner(NamedTuple):
    """The process that made or last used a socket, or listens for it (``how`` LISTENED)."""

    start: int  # CLOCK_BOOTTIME, ns
    netns: int
    released: int  # CLOCK_MONOTONIC, ns; 0 while open
    since: int  # CLOCK_MONOTONIC, ns: when comm was read
    tgid: int
    uid: int  # effective
    how: int
    comm: bytes


class Life(NamedTuple):
    """Whether a process is still who it was."""

    executed: int = 0  # CLOCK_MONOTONIC, ns: its last exec; 0 for none that was seen
    ended: int = 0  # CLOCK_MONOTONIC, ns; 0 while it lives


class Facts(NamedTuple):
    """Who a process is, as it was at its last fork or exec."""

    parent_start: int
    since: int  # CLOCK_MONOTONIC, ns: the last fork or exec
    ended: int  # CLOCK_MONOTONIC, ns; 0 while it lives
    cgroup: int  # cgroup v2 id
    inode: int  # of its program; 0 for not known
    device: int  # of that, as the kernel has it: major << 20 | minor
    ppid: int
    uid: int  # effective
    args: bytes  # each with its end, cut at 511 bytes
    executed: bool  # exe and args are known
    comm: bytes
    exe: bytes  # as exec was asked for it, the interpreter for a script; cut at 255 bytes


def mapped(address: bytes) -> bytes:
    """An address of 4 or 16 bytes as the maps have it."""
    return _MAPPED + address if len(address) == 4 else address


def pack_tuple(src: bytes, sport: int, dst: bytes, dport: int, rest: tuple[int, int]) -> bytes:
    """A key of ``tuples``, the local end first; ``rest`` is the transport and the namespace (0 for any)."""
    proto, netns = rest
    return _TUPLE.pack(mapped(src), mapped(dst), netns, sport, dport, proto)


def pack_identity(start: int, tgid: int) -> bytes:
    """A key of ``processes``."""
    return _IDENTITY.pack(start, tgid, 0)


def unpack_named(value: bytes) -> Named:
    """A value of ``tuples``."""
    return Named(*_NAMED.unpack(value))


def unpack_owner(value: bytes) -> Owner:
    """A value of ``sockets``."""
    start, netns, released, since, tgid, uid, how, _, comm = _OWNER.unpack(value)
    return Owner(start, netns, released, since, tgid, uid, how, _until_nul(comm))


def unpack_life(value: bytes) -> Life:
    """A value of ``lives``."""
    return Life(*_LIFE.unpack(value))


def unpack_facts(value: bytes) -> Facts:
    """A value of ``processes``."""
    parent, since, ended, cgroup, inode, device, *rest = _FACTS.unpack(value)
    ppid, uid, size, executed, _, comm, exe, args = rest
    return Facts(
        parent,
        since,
        ended,
        cgroup,
        inode,
        device,
        ppid,
        uid,
        args[:size],
        bool(executed),
        _until_nul(comm),
        _until_nul(exe),
    )


def total(value: bytes) -> int:
    """The sum of a per-CPU counter."""
    return sum(number for (number,) in COOKIE.iter_unpack(value))


def _until_nul(text: bytes) -> bytes:
    return text.partition(b"\0")[0]
