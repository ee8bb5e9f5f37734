"""Numbers of sock_diag and of the protocols it knows (include/uapi/linux/inet_diag.h, net/tcp_states.h)."""

from __future__ import annotations

ICMP = 1
TCP = 6
UDP = 17
ICMPV6 = 58
SCTP = 132
UDPLITE = 136
RAW = 255

ESTABLISHED = 1
SYN_SENT = 2
SYN_RECV = 3
FIN_WAIT1 = 4
FIN_WAIT2 = 5
TIME_WAIT = 6
CLOSE = 7
CLOSE_WAIT = 8
LAST_ACK = 9
LISTEN = 10
CLOSING = 11
NEW_SYN_RECV = 12

STATES = {
    ESTABLISHED: "established",
    SYN_SENT: "syn-sent",
    SYN_RECV: "syn-recv",
    FIN_WAIT1: "fin-wait-1",
    FIN_WAIT2: "fin-wait-2",
    TIME_WAIT: "time-wait",
    CLOSE: "close",
    CLOSE_WAIT: "close-wait",
    LAST_ACK: "last-ack",
    LISTEN: "listen",
    CLOSING: "closing",
    NEW_SYN_RECV: "new-syn-recv",
}

ALL_STATES = (1 << 13) - 1
HELD_STATES = ALL_STATES & ~(1 << TIME_WAIT) & ~(1 << NEW_SYN_RECV)  # those that a descriptor can stand for

CONNECTED = frozenset({TCP, UDP, SCTP, UDPLITE})  # protocols with ports that sock_diag can look up
DATAGRAM = frozenset({UDP, UDPLITE})
