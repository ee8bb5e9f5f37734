"""The table of sockets, and the columns that say who has one."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.declare import column, count, items, size, span, text
from procwire.model.getters import Getter, known
from procwire.model.host_tables import PROCESSES
from procwire.model.socket import SocketRow

_EXACT = Free.EQUALS
# Of the process that has the socket: the same columns as in its own table.
_OWNED = (
    "exe", "cmdline", "uid", "ppid", "parent", "ancestors", "unit", "cgroup", "container_id",
    "container_runtime", "pod", "image", "pod_name", "pod_namespace", "compose_project", "compose_service",
    "exe_sha256", "exe_blake3", "exe_deleted", "exe_memfd", "exe_replaced",
)  # fmt: skip


def _tcp(name: str) -> Getter:
    """A fact of a TCP socket; not known for every other one."""

    def get(row: SocketRow) -> Any:
        return getattr(row.tcp, name) if row.tcp is not None else None

    return get


def _inet(name: str) -> Getter:
    """A value that only internet sockets have."""
    read = attrgetter(name)

    def get(row: SocketRow) -> Any:
        return read(row) if row.family else None

    return get


def _queue(name: str, *, listening: bool) -> Getter:
    """A queue, which is of connections in the state listen and of bytes in every other (sock_diag(7))."""
    read = attrgetter(name)

    def get(row: SocketRow) -> Any:
        return read(row) if (row.state == "listen") is listening else None

    return get


def _owner(source: Column, **more: Any) -> Column:
    def get(row: SocketRow) -> Any:
        return source.get(row.process) if row.process is not None else None

    return Column(
        name=more.pop("name", source.name), kind=source.kind, unit=source.unit, free=source.free, get=get,
        doc="Of its owner: " + source.doc[0].lower() + source.doc[1:], **more,
    )  # fmt: skip


_ENDS = (
    text("proto", "Transport: tcp, udp, udplite, sctp, raw, unix-stream, unix-dgram or unix-seqpacket.",
         attrgetter("proto"), shown=True, width=5),
    text("state", "Its TCP state; for others listen, unconnected or established.", attrgetter("state"),
         shown=True),
    size("receive_queue", "Bytes that wait to be read.", _queue("receive_queue", listening=False), shown=True,
         rank=7, title="recv"),
    size("send_queue", "Bytes that wait to be sent or acknowledged.", _queue("send_queue", listening=False),
         shown=True, rank=7, title="send"),
    count("backlog", "Connections that wait to be accepted by a listening socket.",
          _queue("receive_queue", listening=True), "connections"),
    count("backlog_limit", "How many connections may wait.", _queue("send_queue", listening=True),
          "connections"),
    column("src", Kind.ADDRESS, "Address of its own end; 0.0.0.0 or :: where it takes any.",
           known("src", ""), shown=True),
    count("src_port", "Port of its own end.", known("src_port"), free=_EXACT, shown=True, width=5,
          title="port"),
    column("dst", Kind.ADDRESS, "Address of the other end.", known("dst", ""), shown=True, rank=1),
    count("dst_port", "Port of the other end.", known("dst_port"), free=_EXACT, shown=True, rank=1, width=5,
          title="port"),
    count("family", "Address family as the socket itself was made, 4 or 6; not known of a unix socket.",
          known("family")),
    text("path", "Path of a unix socket; @ begins a name without a file.", attrgetter("path")),
    text("interface", "Interface that it is bound to.", attrgetter("interface")),
    text("app", "What usually speaks on its port, or unknown.", known("app", ""), shown=True, rank=6),
    text("app_confidence", "How `app` is known: port-guess or unknown.", _inet("app_confidence"),
         free=Free.NEVER),
)  # fmt: skip

_WHO = (
    _owner(PROCESSES.column("pid"), shown=True, rank=2, width=7),
    _owner(PROCESSES.column("process"), shown=True),
    _owner(PROCESSES.column("user"), shown=True, rank=3),
    _owner(PROCESSES.column("container"), shown=True, rank=4),
    *(_owner(PROCESSES.column(name)) for name in _OWNED),
    _owner(PROCESSES.column("start"), name="process_start"),
    count("descriptor", "The owner's descriptor for it; a fixed file of an io_uring has none.",
          known("descriptor", -1)),
    items("holders", "Every process that holds it, as name:pid.", attrgetter("holders"), free=Free.NEVER),
    text("owner_confidence", "How sure the owner is: exact, listener or unknown.",
         attrgetter("confidence"), free=Free.NEVER),
    text("owner_source", "Where its holders are known from: bpf-iterator or proc.", known("source", ""),
         free=Free.NEVER),
    text("owner_reason", "Why the owner is not known, or not for certain.", known("reason", ""),
         free=Free.NEVER),
    count("socket_uid", "User id that it was made by.", known("uid", -1)),
    text("netns_name", "Name of its network namespace: host, one that it was given, its container, or its "
         "oldest process as name:pid.", attrgetter("netns_name"), shown=True, rank=10, title="netns"),
    count("netns", "Inode of its network namespace.", known("netns")),
    count("cookie", "The kernel's own number of it, the same in every source.", known("cookie")),
    count("inode", "Its inode, as in /proc/PID/fd; not known where no descriptor stands for it.",
          known("inode")),
    count("peer_inode", "Inode of a unix socket's other end.", known("peer_inode")),
    count("cgroup_id", "Id of the control group (version 2) that it was made in.", known("cgroup")),
    count("mark", "Its mark (SO_MARK); not known where it has none.", known("mark")),
    count("drops", "Datagrams that were dropped, as its buffer was full.", known("drops", -1)),
)  # fmt: skip

_MEASURED = (
    span("rtt", "Smoothed round trip, as the kernel measures it (RFC 6298).", _tcp("rtt"), shown=True,
         rank=8),
    span("rtt_variance", "Variance of the round trip.", _tcp("rtt_variance")),
    span("rtt_least", "Least round trip seen.", _tcp("rtt_least")),
    span("rtt_receive", "Round trip as the receiving side guesses it.", _tcp("rtt_receive")),
    span("rto", "Time after which a segment is sent again.", _tcp("rto")),
    count("congestion_window", "Segments that may be on their way.", _tcp("congestion_window"), "segments"),
    count("slow_start_threshold", "Window at which slow start ends; not known before a first loss.",
          _tcp("slow_start_threshold"), "segments"),
    text("congestion", "Its congestion control.", known("congestion", "")),
    size("mss_out", "Maximum segment size that it sends.", _tcp("mss_out")),
    size("mss_in", "Segment size that it expects.", _tcp("mss_in")),
    size("path_mtu", "Path MTU.", _tcp("path_mtu")),
    count("unacked", "Segments sent and not acknowledged yet.", _tcp("unacked"), "segments"),
    count("lost", "Segments on their way that are taken for lost.", _tcp("lost"), "segments"),
    count("retransmitting", "Segments that were sent again and are not acknowledged yet.",
          _tcp("retransmitting"), "segments"),
    count("retransmissions", "Segments sent again, over its life.", _tcp("retransmissions"), "segments",
          shown=True, rank=9, title="rexmit"),
    count("reordering", "Segments by which packets are seen to overtake each other.", _tcp("reordering"),
          "segments"),
    count("delivered", "Segments that have arrived, acknowledged or reported.", _tcp("delivered"),
          "segments"),
    size("bytes_acked", "Bytes that the other end has acknowledged.", _tcp("bytes_acked")),
    size("bytes_received", "Bytes received in order.", _tcp("bytes_received")),
    size("bytes_sent", "Payload bytes sent, those sent again included.", _tcp("bytes_sent")),
    size("bytes_retransmitted", "Payload bytes sent again.", _tcp("bytes_retransmitted")),
    count("segments_out", "Segments sent.", _tcp("segments_out"), "segments"),
    count("segments_in", "Segments received.", _tcp("segments_in"), "segments"),
    size("not_sent", "Bytes that wait and were never sent.", _tcp("not_sent")),
    column("pacing_rate", Kind.NUMBER, "Rate at which it sends.", _tcp("pacing_rate"), unit="bytes/s"),
    column("delivery_rate", Kind.NUMBER, "Latest rate at which data arrived.", _tcp("delivery_rate"),
           unit="bytes/s"),
    span("busy", "Time in which it had data on its way.", _tcp("busy")),
    span("window_limited", "Of that, time in which the other end's window held it up.",
         _tcp("window_limited")),
    span("buffer_limited", "Of that, time in which its own buffer held it up.", _tcp("buffer_limited")),
    span("idle_out", "Since it last sent data.", _tcp("idle_out")),
    span("idle_in", "Since it last received data.", _tcp("idle_in")),
)  # fmt: skip

SOCKETS = Table(
    name="socket",
    doc="One socket of this host, in whatever network namespace, with who has it.",
    columns=_ENDS + _WHO + _MEASURED,
    also={
        "protocol": ("proto", "app"),
        "port": ("src_port", "dst_port"),
        "addr": ("src", "dst"),
        "ip": ("src", "dst"),
        "host": ("src", "dst"),
        "src.port": ("src_port",),
        "dst.port": ("dst_port",),
        "process.name": ("process",),
        "process.pid": ("pid",),
        "process.exe": ("exe",),
        "container.id": ("container_id",),
        "srtt": ("rtt",),
        "cwnd": ("congestion_window",),
    },
)
