"""The structs of account.bpf.c as values, and the keys of its maps. Pure.

A key holds both ends in one order for both directions, so that a flow has one key however it was opened:
``key_of`` says it, and on which side of it the flow's ``src`` stands.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from procwire.model.kernel import TcpFacts

UNDECIDED, ENOUGH, BEYOND, MORE, ALL = range(5)  # modes of a verdict
LEASE_BYTES = 65536  # of a stream, handed on beyond the last word of its reader
FROM_SOCKET, FROM_TAP, WHOLE = range(3)  # record origins
COUNTS = ("accounts", "refused", "given", "no-room", "over-rate")
GROUP = 2  # of the sorts of an account
KINDS = ("sockets", "plain", "other-ip", "fragments", "tunnels", "not-ip")

_ENDS = struct.Struct("=16s16sHHI")
_WORDS = struct.Struct("=2Q")
_COOKIE = struct.Struct("=Q")
_KEY = struct.Struct("=6Q")
_NUMBER = 2**64 - 1
# What user space has a use for: the head, and of both sides what was counted and TCP's health.
ACCOUNT = struct.Struct("=Q 48x 13x B x B" + 2 * "4Q I 28x 12x 2I 12x 6I 8x" + "3Q 40x")
VERDICT = struct.Struct("=4I")
_FACTS = struct.Struct("=4Q8I")
_PLACE = struct.Struct("=3I4x")
_SETTINGS = struct.Struct("=Q6I48s")
_LINK = struct.Struct("=32x 48Q")

TUPLE_BYTES = _ENDS.size
KEY_BYTES = TUPLE_BYTES + _COOKIE.size
ACCOUNT_BYTES = ACCOUNT.size
PAST_BYTES = KEY_BYTES + 8
FACTS_BYTES = _FACTS.size
LINK_BYTES = _LINK.size
PLACE_BYTES = _PLACE.size
SETTINGS_BYTES = _SETTINGS.size
MAX_LINKS = 1024  # MAX_LINKS of account.bpf.c
FIRST_AT, LAST_AT, KEY_AT = 328, 0, 8  # offsets of ``first``, ``last`` and ``key`` in an account
NAME_BYTES = 8  # of an account in its map
_PROTO_AT = 36  # in a key
# ``last`` may be behind by a tick of the kernel (CONFIG_HZ is 100 or more), and where the CPU that counts
# them is held up by six, when another one does it (MAX_STALLED_JIFFIES, kernel/time/tick-sched.c).
LAG_NS = 100_000_000
_MAPPED = 0xFFFF
_LOOPBACK, _LOOPBACK4 = bytes(15) + b"\x01", bytes(10) + b"\xff\xff\x7f"


class Tally(NamedTuple):
    """Packets, bytes, payload bytes and further segments, each of both directions: a to b, b to a."""

    packets: tuple[int, int]
    bytes: tuple[int, int]
    payload: tuple[int, int]
    more: tuple[int, int]


class Health(NamedTuple):
    """How TCP fared, as every packet told it: of both directions, as a tally (health.h)."""

    resent: tuple[int, int]
    late: tuple[int, int]
    repeated: tuple[int, int]
    closed: tuple[int, int]
    probes: tuple[int, int]


UNJUDGED = Health((0, 0), (0, 0), (0, 0), (0, 0), (0, 0))


class Account(NamedTuple):
    """What was counted under one key. Times are CLOCK_MONOTONIC, ns; ``last`` may be behind by LAG_NS."""

    netns: int  # cookie of its network namespace; 0: counted by a tap
    first: int
    last: int
    now: Tally
    elsewhere: int
    interface: tuple[int, int]  # the kernel's indexes
    missed: tuple[int, int]  # packets whose content was wanted and could not be handed on
    end: int  # the socket's own end: 0 is a
    health: Health = UNJUDGED
    judged: int = 0  # packets that it was told from, but for those that just went on; 0: nobody looked
    opening: int = 0  # TCP: sequence number of the SYN that began it; 0 where it was not seen
    opener: int = -1  # whose SYN that was: 0 is a; -1 where it was not seen
    group: bool = False  # one of its ends is many hosts, whose sockets have a copy of each packet


class Shown(NamedTuple):
    """What an interface showed of one kind, each as (in, out)."""

    packets: tuple[int, int]
    bytes: tuple[int, int]
    segments: tuple[int, int]


class Settings(NamedTuple):
    """What the programs are told."""

    home: int  # cookie of the network namespace that is watched
    first_bytes: int
    first_packets: int
    most_bytes: int  # of one packet
    window_bytes: int  # of all, for each CPU, in 16.8 ms
    whole: bool = False
    everything: bool = False


def pack_ends(
    proto: int, src: tuple[int, int], sport: int, dst: tuple[int, int], dport: int
) -> tuple[bytes, int]:
    """A key without a cookie, and the side of it that ``src`` is (0: a); addresses as ``mapped`` has them.

    The order is the programs': they compare the addresses as pairs of machine words.
    """
    left, right = _packed(src), _packed(dst)
    if (_WORDS.unpack(left), sport) <= (_WORDS.unpack(right), dport):
        return _ENDS.pack(left, right, sport, dport, proto), 0
    return _ENDS.pack(right, left, dport, sport, proto), 1


def mapped(family: int, high: int, low: int) -> tuple[int, int]:
    """An address of a flow as the keys have it: IPv4 as ::ffff:a.b.c.d."""
    return (high, low) if family == 6 else (0, _MAPPED << 32 | low)


def with_cookie(ends: bytes, cookie: int = 0) -> bytes:
    """A whole key; cookie 0 is the tuple as such."""
    return ends + _COOKIE.pack(cookie)


def cookie_of(key: bytes | memoryview) -> int:
    """The cookie in a key."""
    (cookie,) = _COOKIE.unpack_from(key, TUPLE_BYTES)
    return int(cookie)


def unpack_ends(key: bytes) -> tuple[int, bytes, int, bytes, int]:
    """(protocol, address a, port a, address b, port b) of a key; addresses of 16 bytes."""
    a, b, aport, bport, proto = _ENDS.unpack_from(key)
    return proto, a, aport, b, bport


def has_loopback(key: bytes) -> bool:
    """Whether one of the ends is a loopback address."""
    _, a, _, b, _ = unpack_ends(key)
    return any(each == _LOOPBACK or each[:13] == _LOOPBACK4 for each in (a, b))


def factors(noise: bytes) -> bytes:
    """From KEY_BYTES of noise what names are made with: odd numbers, as an even one would lose a bit."""
    return _KEY.pack(*(word | 1 for word in _KEY.unpack(noise)))


def name_of(key: bytes, secret: bytes) -> bytes:
    """What an account is called in its map: name_of() of the programs, which have the same secret."""
    words = zip(_KEY.unpack(key), _KEY.unpack(secret), strict=True)
    return _COOKIE.pack(sum((word ^ word >> 29) * factor for word, factor in words) & _NUMBER)


def is_blank(key: bytes) -> bool:
    """Whether this is the key of an account that is just being made: nobody's yet."""
    return not key[_PROTO_AT]


def key_of(value: bytes | memoryview, at: int = 0) -> bytes:
    """Whose a value of ``accounts`` is."""
    return bytes(value[at + KEY_AT : at + KEY_AT + KEY_BYTES])


def unpack_account(value: bytes | memoryview, at: int = 0) -> Account:
    """A value of ``accounts``."""
    v = ACCOUNT.unpack_from(value, at)
    judged = v[10] + v[23]
    health = Health(v[11:25:13], v[12:26:13], v[13:27:13], v[14:28:13], v[15:29:13]) if judged else UNJUDGED
    return Account(
        v[31], v[29], v[0],
        Tally(v[3:17:13], v[4:18:13], v[5:19:13], v[6:20:13]),
        v[30], (v[7], v[20]), (v[8], v[21]), v[1],
        health, judged, v[9] or v[22], 0 if v[9] else 1 if v[22] else -1, bool(v[2] & GROUP),
    )  # fmt: skip


def begun(value: bytes) -> int:
    """When an account began: its ``first``."""
    (first,) = _COOKIE.unpack_from(value, FIRST_AT)
    return int(first)


def unpack_facts(value: bytes | memoryview, at: int = 0) -> TcpFacts:
    """A value of ``facts``."""
    return TcpFacts(*_FACTS.unpack_from(value, at))


def pack_verdict(modes: tuple[int, int], until: tuple[int, int]) -> bytes:
    """A value of ``verdicts``; both by direction, as the key's sides are."""
    return VERDICT.pack(*modes, *until)


def pack_settings(settings: Settings, secret: bytes) -> bytes:
    """The programs' constants. ``secret``: ``factors`` that nobody else knows."""
    return _SETTINGS.pack(*settings[:5], settings.whole, settings.everything, secret)


def pack_place(interface: int, head: int, *, loopback: bool) -> bytes:
    """How a value of ``links`` begins: whose it is, bytes before the IP header, whether it is loopback's."""
    return _PLACE.pack(interface, head, loopback)


def place_of(interface: int) -> bytes:
    """An interface's key in ``links``."""
    return struct.pack("=I", interface & (MAX_LINKS - 1))


def index_of(interface: int) -> bytes:
    """Its key in ``crowd``."""
    return struct.pack("=I", interface)


def unpack_link(value: bytes) -> dict[str, Shown]:
    """A per-CPU value of ``links``: what was shown, by kind."""
    sums = [0] * 48
    for row in _LINK.iter_unpack(value):
        sums = [have + more for have, more in zip(sums, row, strict=True)]
    return {
        kind: Shown(*((sums[6 * n + at], sums[6 * n + 3 + at]) for at in range(3)))
        for n, kind in enumerate(KINDS)
    }


def _packed(address: tuple[int, int]) -> bytes:
    high, low = address
    return high.to_bytes(8, "big") + low.to_bytes(8, "big")
