"""Rows of the table of sockets: what the kernel says of one, and who has it."""

from __future__ import annotations

import msgspec

from procwire.model.host import ProcessRow
from procwire.model.process import UNKNOWN


class TcpFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The kernel's measurements of a TCP socket (struct tcp_info). Durations are ns; None is not known."""

    rtt: int
    rtt_variance: int
    rtt_least: int | None
    rtt_receive: int
    rto: int
    congestion_window: int  # segments
    slow_start_threshold: int | None  # segments; None while it has not been set
    mss_out: int
    mss_in: int
    path_mtu: int
    unacked: int  # segments
    lost: int  # segments now taken for lost
    retransmitting: int  # segments sent again and not acknowledged yet
    retransmissions: int  # segments, over its life
    reordering: int
    pacing_rate: int | None  # bytes a second
    delivery_rate: int | None  # bytes a second
    bytes_acked: int | None
    bytes_received: int | None
    bytes_sent: int | None
    bytes_retransmitted: int | None
    segments_out: int | None
    segments_in: int | None
    delivered: int | None  # segments
    not_sent: int | None  # bytes
    busy: int | None
    window_limited: int | None
    buffer_limited: int | None
    idle_out: int  # since it last sent data
    idle_in: int  # since it last received data


class SocketRow(msgspec.Struct, kw_only=True):
    """One row of SOCKETS; ``src`` is its own end. Empty text and zero ports stand for "none"."""

    proto: str
    state: str
    family: int  # 4, 6, or 0 for a unix socket
    src: str = ""
    src_port: int = 0
    dst: str = ""
    dst_port: int = 0
    interface: str = ""  # that it is bound to
    receive_queue: int = 0  # as sock_diag(7) has them: of a listening socket, connections
    send_queue: int = 0
    netns: int = 0
    netns_name: str = ""
    cookie: int = 0
    inode: int = 0
    uid: int = -1
    mark: int | None = None
    cgroup: int = 0
    drops: int | None = None
    congestion: str = ""
    path: str = ""  # of a unix socket; "@" for the abstract namespace
    peer_inode: int = 0  # of a unix socket
    tcp: TcpFacts | None = None
    app: str = ""
    app_confidence: str = UNKNOWN
    process: ProcessRow | None = None
    confidence: str = UNKNOWN
    source: str = ""
    reason: str = ""
    descriptor: int = -1
    holders: tuple[str, ...] = ()  # each name:pid
