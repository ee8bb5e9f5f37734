"""Flows of which nothing but counts is known: the head of a packet, made of an account, opens each. Pure."""

from __future__ import annotations

import struct
from itertools import islice

from procwire.bpf import accounts as books
from procwire.bpf.accounts import Account

MAX_STRAYS = 1024  # flows that are opened by their counts alone, at one reading,
STRAYS = 16  # and so many of them at once: what comes by the ring buffer is waited for by somebody
TCP = 6
_MAPPED = bytes(10) + b"\xff\xff"
_SYN, _ACK = 0x02, 0x10
_IP4 = struct.Struct(">BBHHHBBH4s4s")
_IP6 = struct.Struct(">IHBB16s16s")
_TCP = struct.Struct(">HHIIBBHHH")
_UDP = struct.Struct(">HHHH")


def frame_of(ends: bytes, opener: int = -1, number: int = 0) -> bytes:
    """An IP packet without payload between two ends.

    ``opener``: the side whose SYN, of this ``number``, was counted: the packet is that SYN. Where it is not
    known who opened the flow (-1), a is its source.
    """
    proto, a, aport, b, bport = books.unpack_ends(ends)
    if opener == 1:
        a, aport, b, bport = b, bport, a, aport
    if proto == TCP:
        flags = _ACK if opener < 0 else _SYN
        head = _TCP.pack(aport, bport, number, 0, 5 << 4, flags, 0, 0, 0)
    else:
        head = _UDP.pack(aport, bport, _UDP.size, 0)
    if a.startswith(_MAPPED) and b.startswith(_MAPPED):
        return _IP4.pack(0x45, 0, _IP4.size + len(head), 0, 0, 0, proto, 0, a[12:], b[12:]) + head
    return _IP6.pack(6 << 28, len(head), proto, 0, a, b) + head


class Strays:
    """Accounts that wait for a flow, by their ends; ``here`` are the namespaces that are watched.

    What a reading brings is not taken before the whole of it was read (``settle``): of the sockets with the
    same ends the one that saw the SYN may be read last.
    """

    def __init__(self, here: frozenset[int]) -> None:
        self._here = here
        self._held: dict[bytes, Account] = {}
        self._ready: dict[bytes, Account] = {}

    def __len__(self) -> int:
        return len(self._ready)

    @property
    def full(self) -> bool:
        """Whether the rest is to come with the next reading."""
        return len(self._held) + len(self._ready) >= MAX_STRAYS

    def hold(self, ends: bytes, account: Account) -> None:
        """What is counted here tells more than the word of another namespace; then, whoever saw the SYN."""
        place = self._ready if ends in self._ready else self._held
        known = place.get(ends)
        if known is None or self._rank(account) > self._rank(known):
            place[ends] = account

    def settle(self) -> None:
        """A reading is over: what it brought may be taken."""
        self._ready |= self._held
        self._held.clear()

    def take(self) -> tuple[list[bytes], list[Account]]:
        """Some of them: the packets that open their flows, and their accounts."""
        rows = list(islice(self._ready.items(), STRAYS))
        for ends, _ in rows:
            del self._ready[ends]
        heads = [frame_of(ends, account.opener, account.opening) for ends, account in rows]
        return heads, [account for _, account in rows]

    def _rank(self, account: Account) -> tuple[bool, bool]:
        return account.netns in self._here, account.opener >= 0
