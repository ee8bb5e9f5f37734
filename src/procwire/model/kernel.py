"""What the kernel itself knows of a flow: what its hooks counted, and what TCP says of the connection.

Written by the accounting room as it reads the kernel's maps, shown by the columns of ``tables``.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import msgspec

BPF = "bpf"  # the hooks of the sockets saw it
TAP = "tap"  # an interface showed it
BOTH = "both"

# include/net/tcp_states.h; 0 is "has not changed since procwire looks".
TCP_STATES = (
    "", "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait", "close", "close-wait",
    "last-ack", "listen", "closing", "new-syn-recv", "bound-inactive",
)  # fmt: skip


TCP_CLOSE = TCP_STATES.index("close")
_BEFORE = frozenset(
    map(TCP_STATES.index, ("", "syn-sent", "syn-recv", "listen", "new-syn-recv", "bound-inactive"))
)


class TcpFacts(NamedTuple):
    """What TCP knows of a connection at one of its ends. ``state`` is the kernel's number."""

    bytes_sent: int
    bytes_acked: int
    bytes_received: int
    bytes_resent: int
    srtt_us: int
    rttvar_us: int
    cwnd: int
    resent: int
    lost: int
    delivered: int
    state: int
    changes: int

    @property
    def joined(self) -> bool:
        """Whether the handshake was done: a socket that is closed had at least its SYN acknowledged."""
        if self.state == TCP_CLOSE:
            return bool(self.bytes_acked or self.bytes_received)
        return self.state not in _BEFORE


_FACTS = struct.Struct("=4Q8I")


class Credited(NamedTuple):
    """What the kernel counted of a flow since it was asked last."""

    last: int  # packet time of the flow's last packet, ns
    packets: int
    bytes: int
    over: bool  # TCP: its socket is closed
    joined: bool = False  # TCP, and no packet of it is shown: its handshake was done


class KernelView(msgspec.Struct, gc=False):
    """The kernel's word on one flow. ``attributed``: packets that a socket of this host sent or took."""

    source: str = ""
    attributed_out: int = 0
    attributed_in: int = 0
    missed: int = 0  # packets whose content was wanted, and there was no room for it
    facts: bytes = b""  # ``tcp``, packed: flows are many
    tcp_end: int = 0  # whose end ``tcp`` is: 0 is src
    judged: bool = False  # whether every packet was looked at for how TCP fares

    @property
    def tcp(self) -> TcpFacts | None:
        """What TCP knows, where it was asked."""
        return TcpFacts(*_FACTS.unpack(self.facts)) if self.facts else None

    @tcp.setter
    def tcp(self, told: TcpFacts | None) -> None:
        self.facts = _FACTS.pack(*told) if told is not None else b""

    def fact(self, place: int) -> int | None:
        """One of them, by its place among TcpFacts."""
        return _FACTS.unpack(self.facts)[place] if self.facts else None

    @property
    def state(self) -> str:
        """TCP's state by name; empty where it did not change yet."""
        told = self.tcp
        number = told.state if told is not None else 0
        return TCP_STATES[number] if number < len(TCP_STATES) else str(number)
