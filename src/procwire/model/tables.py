"""The core tables: flows, packets, interfaces, groups, and the sum of all.

Every column is declared here once, those of processes and sockets in ``host_tables`` and
``socket_tables``, what the kernel says of a flow in ``kernel_tables``, what protocols say of it in
``understood_tables``, what procwire says of itself in ``catalogue_tables`` and ``store_tables``. The filter,
the outputs, the documentation and every face derive from these declarations; a protocol's own tables are
declared by its observation classes in its own file.
"""

from __future__ import annotations

from operator import attrgetter

from procwire.model import getters as read
from procwire.model.accounting import ACCOUNTING
from procwire.model.beginning import BEGINNINGS
from procwire.model.catalogue_tables import CHECKS, COLUMNS, PROTOCOLS, RISKS
from procwire.model.columns import Free, Kind, Table
from procwire.model.confinement import TRIALS
from procwire.model.declare import column as _c
from procwire.model.declare import count as _count
from procwire.model.declare import items as _list
from procwire.model.declare import size as _size
from procwire.model.declare import span as _span
from procwire.model.declare import text as _text
from procwire.model.egress_tables import EGRESS
from procwire.model.finding import DETECTORS, FINDINGS, RULES
from procwire.model.flow import NO_SCALE
from procwire.model.health import HEALTH
from procwire.model.host_tables import PROCESSES, container_columns, program_columns
from procwire.model.imported import IMPORTS
from procwire.model.inherited import INHERITED, SETTINGS
from procwire.model.kernel_tables import KERNEL
from procwire.model.lives import LIVES
from procwire.model.packets import HAS_PORTS, IS_IP
from procwire.model.place_tables import PLACES
from procwire.model.rule_tests import RULE_TESTS
from procwire.model.shaped_tables import SHAPED, SHAPED_GROUP
from procwire.model.socket_tables import SOCKETS
from procwire.model.store_tables import LOSSES, RUNS
from procwire.model.traffic import TRAFFIC
from procwire.model.understood_tables import UNDERSTOOD

TCP = read.TCP


_EXACT = Free.EQUALS

_IDENTITY = (
    _text("flow_id",
          "Identity of the flow: 16 hex digits from its ends, its tunnel and its first packet's time.",
          attrgetter("flow.flow_id"), free=_EXACT),
    _text("community_id", "Community ID v1, the same in every tool that sees this 5-tuple.",
          lambda row: row.context.community_id(row.flow), free=_EXACT),
    _c("start", Kind.TIME, "Time of the flow's first packet.", attrgetter("flow.first")),
    _c("end", Kind.TIME, "Time of the last packet of a flow that has ended.", read.end),
    _c("last", Kind.TIME, "Time of the last packet seen so far.", attrgetter("flow.last")),
    _span("duration", "From the first packet to the last one seen.",
          read.duration, shown=True, rank=7, width=9),
    _text("proto", "Transport protocol, by its IANA name in lower case.",
          read.flow_proto, shown=True, width=5),
    _c("src", Kind.ADDRESS, "Address of the side that opened the flow, where `opener` is src.",
       attrgetter("flow.src"), shown=True, rank=3),
    _count("src_port", "Port of `src`, for protocols that have ports.", read.flow_port("sport"),
           free=_EXACT, shown=True, rank=8, width=5, title="port"),
    _c("dst", Kind.ADDRESS, "Address of the other side.", attrgetter("flow.dst"), shown=True),
    _count("dst_port", "Port of `dst`, for protocols that have ports.", read.flow_port("dport"),
           free=_EXACT, shown=True, width=5, title="port"),
    _count("icmp_type", "ICMP type of the flow's first message.", read.icmp_type),
    _text("direction", "Seen from this host: in, out, local, forwarded or unknown.", read.direction),
    _text("opener", "src where the opening was seen, or unknown where src is a guess.",
          lambda row: "src" if row.flow.opener_seen else "unknown"),
    _text("state", "Where the conversation stands: its TCP state, or open and closed for other protocols.",
          lambda row: row.context.state(row.flow.state), shown=True, rank=6),
    _text("ended", "Why the flow ended: fin, rst, timeout, replaced, evicted or capture-end.",
          read.known("flow.ended", "")),
    _text("encapsulation", "The layers around the payload, outermost first.",
          lambda row: row.context.encapsulation(row.flow.chain, row.flow.vlan)),
    _list("vlan", "VLAN ids, outermost first.", lambda row: read.vlan_ids(row.flow.vlan), free=_EXACT),
    _text("interface", "Interface on which the flow was first seen.",
          lambda row: row.context.interface(row.flow.interface)),
)  # fmt: skip

_COUNTS = (
    _count("packets", "Packets of both sides.", read.either("packets"), "packets"),
    _count("packets_out", "Packets that src sent.", attrgetter("flow.packets_out"), "packets"),
    _count("packets_in", "Packets that dst sent.", attrgetter("flow.packets_in"), "packets"),
    _size("bytes", "Bytes on the wire of both sides, link layer included.", read.either("bytes")),
    _size("bytes_out", "Bytes on the wire that src sent, link layer included.", attrgetter("flow.bytes_out"),
          shown=True, title="out", width=9),
    _size("bytes_in", "Bytes on the wire that dst sent, link layer included.", attrgetter("flow.bytes_in"),
          shown=True, title="in", width=9),
    _size("payload", "Transport payload bytes of both sides, retransmissions included.",
          read.either("payload")),
    _size("payload_out", "Transport payload bytes that src sent, retransmissions included.",
          attrgetter("flow.payload_out")),
    _size("payload_in", "Transport payload bytes that dst sent, retransmissions included.",
          attrgetter("flow.payload_in")),
    _count("segments_out",
           "Wire packets behind the packets that src sent, where the kernel handed them over joined.",
           attrgetter("flow.segments_out"), "packets"),
    _count("segments_in",
           "Wire packets behind the packets that dst sent, where the kernel handed them over joined.",
           attrgetter("flow.segments_in"), "packets"),
    _count("elsewhere", "Packets of this flow seen again on another interface and not counted twice.",
           attrgetter("flow.elsewhere"), "packets"),
    _count("faults", "Packets of this flow with a fault in a header.", attrgetter("flow.faults"), "packets"),
    _count("ttl_out", "TTL or hop limit of src's first packet, as it arrived here.",
           read.known("flow.ttl_out")),
    _count("ttl_in", "TTL or hop limit of dst's first packet, as it arrived here.",
           read.known("flow.ttl_in")),
)  # fmt: skip

_TCP_HEALTH = (
    _span("rtt", "Round trip of the TCP handshake, from SYN to the ACK that completes it.",
          read.known("flow.rtt", -1), shown=True, rank=5, width=8),
    _span("rtt_server", "The handshake's leg from here to dst and back: SYN to SYN-ACK.",
          read.known("flow.rtt_dst", -1)),
    _span("smoothed_rtt", "Smoothed round trip over the flow's life (RFC 6298).",
          read.smoothed),
    _count("retransmissions", "Segments sent again, by both sides.", read.resent,
           "segments", shown=True, rank=9, title="rexmit", width=6),
    _count("retransmissions_out", "Segments that src sent again.",
           read.resent_by(0), "segments"),
    _count("retransmissions_in", "Segments that dst sent again.", read.resent_by(1), "segments"),
    _count("out_of_order", "Segments that arrived behind a later one, of both sides.",
           read.either("out_of_order", tcp=True, every=True), "segments"),
    _count("out_of_order_out", "Segments of src that arrived behind a later one.",
           read.tcp("out_of_order_out", every=True), "segments"),
    _count("out_of_order_in", "Segments of dst that arrived behind a later one.",
           read.tcp("out_of_order_in", every=True), "segments"),
    _count("duplicate_acks", "Acknowledgements repeated without news, of both sides.",
           read.either("duplicate_acks", tcp=True, every=True), "segments"),
    _count("duplicate_acks_out", "Acknowledgements that src repeated without news.",
           read.tcp("duplicate_acks_out", every=True), "segments"),
    _count("duplicate_acks_in", "Acknowledgements that dst repeated without news.",
           read.tcp("duplicate_acks_in", every=True), "segments"),
    _count("keep_alives", "Keep-alive and zero-window probes, of both sides.",
           read.either("keep_alives", tcp=True, every=True), "segments"),
    _count("keep_alives_out", "Keep-alive and zero-window probes of src.",
           read.tcp("keep_alives_out", every=True), "segments"),
    _count("keep_alives_in", "Keep-alive and zero-window probes of dst.",
           read.tcp("keep_alives_in", every=True), "segments"),
    _count("zero_windows", "Times that a side closed its receive window, of both sides.",
           read.either("zero_windows", tcp=True, every=True)),
    _count("zero_windows_out", "Times that src closed its receive window.",
           read.tcp("zero_windows_out", every=True)),
    _count("zero_windows_in", "Times that dst closed its receive window.",
           read.tcp("zero_windows_in", every=True)),
    _size("gaps", "Payload bytes that were never seen, of both sides.", read.either("gaps", tcp=True)),
    _size("gaps_out", "Payload bytes of src that were never seen.", read.tcp("gaps_out")),
    _size("gaps_in", "Payload bytes of dst that were never seen.", read.tcp("gaps_in")),
    _size("mss_out", "Maximum segment size that src announced.", read.tcp("mss_out", 0)),
    _size("mss_in", "Maximum segment size that dst announced.", read.tcp("mss_in", 0)),
    _count("window_scale_out", "Window scale shift that src announced.", read.tcp("scale_out", NO_SCALE)),
    _count("window_scale_in", "Window scale shift that dst announced.", read.tcp("scale_in", NO_SCALE)),
    _list("tcp_flags", "TCP flags seen from either side.", read.flags("flags_out", "flags_in"), free=_EXACT),
    _list("tcp_flags_out", "TCP flags seen from src.", read.flags("flags_out"), free=_EXACT),
    _list("tcp_flags_in", "TCP flags seen from dst.", read.flags("flags_in"), free=_EXACT),
)  # fmt: skip

OWNER = (
    _count("pid", "Process id of the owner on this host.",
           read.process("pid", 0), free=_EXACT, shown=True, rank=4, width=7),
    _text("process", "Name of the owning process (comm, at most 15 bytes).",
          read.process("name"), shown=True),
    _text("exe", "Path of the owner's executable.", read.process("exe")),
    _text("cmdline", "Command line of the owner, secrets masked.", read.process("cmdline")),
    _text("user", "User that the owner runs as, by name where there is one.", read.process("user")),
    _count("uid", "User id that the owner runs as.", read.process("uid", -1)),
    _count("ppid", "Process id of the owner's parent.", read.process("ppid", 0)),
    _text("parent", "Name of the owner's parent process.", read.process("parent")),
    _list("ancestors", "Parents of the owner, nearest first, each as name:pid.",
          read.process("ancestors", ()),
          free=Free.NEVER),
    _c("process_end", Kind.TIME, "When the owning process ended, where the kernel noted it.",
       read.process("ended", 0)),
    _c("process_start", Kind.TIME, "When the owning process was started.", read.process("start", 0)),
    _text("unit", "systemd unit of the owner.", read.process("unit")),
    _text("container", "Container of the owner: its name where its runtime tells, else its id.",
          read.process("container_name")),
    _text("container_id", "Id of the owner's container: at most 12 hex digits, or a name in its place.",
          read.process("container")),
    _text("container_runtime", "What runs the owner's container: docker, podman, containerd, cri-o, lxc, ...",
          read.process("container_runtime")),
    _text("pod", "Kubernetes pod uid of the owner.", read.process("pod")),
    *container_columns(read.container),
    *program_columns(read.program),
    _text("owner_confidence", "How sure the owner is: exact, listener, recently-closed or unknown.",
          attrgetter("owner.confidence"), free=Free.NEVER),
    _text("owner_source", "Who named the owner: sock-diag, proc, bpf, file, ...",
          read.known("owner.source", ""), free=Free.NEVER),
    _text("owner_reason", "Why the owner is not known, or what is peculiar about how it is.",
          read.known("owner.reason", ""), free=Free.NEVER),
    _text("owner_side", "Whose end the owner is at: src or dst.",
          read.known("owner.side", ""), free=Free.NEVER),
    _span("owner_delay", "From the flow's first packet to the answer whose it is.", read.owner_delay),
    _count("peer_pid", "Process id at the other end, where that lives on this host too.",
           read.peer("pid", 0), free=Free.NEVER),
    _text("peer_process", "Name of the process at the other end, where that lives on this host too.",
          read.peer("name"), free=Free.NEVER),
    _text("peer_confidence", "How sure the other end's process is, as `owner_confidence`.",
          read.known("owner.peer_confidence", ""), free=Free.NEVER),
    _text("peer_reason", "Why the other end's process is not known, where that end is on this host.",
          read.known("owner.peer_reason", ""), free=Free.NEVER),
)  # fmt: skip

_ENDS = {
    "port": ("src_port", "dst_port"),
    "addr": ("src", "dst"),
    "ip": ("src", "dst"),
    "src.port": ("src_port",),
    "dst.port": ("dst_port",),
    "src.addr": ("src",),
    "dst.addr": ("dst",),
}

FLOWS = Table(
    name="flow",
    doc="One conversation between two ends, both directions together.",
    columns=_IDENTITY + _COUNTS + _TCP_HEALTH + KERNEL + SHAPED + UNDERSTOOD + PLACES + OWNER,
    key=("flow_id",),
    moment="last",
    also=_ENDS | {
        "proto": ("proto", "app"),
        "protocol": ("proto", "app"),
        "host": ("src", "dst", "server_name"),
        "sni": ("server_name",),
        "name": ("server_name",),
        "id": ("flow_id", "community_id"),
        "ttl": ("ttl_out", "ttl_in"),
        "mss": ("mss_out", "mss_in"),
        "process.name": ("process",),
        "process.pid": ("pid",),
        "process.exe": ("exe",),
        "process.cmdline": ("cmdline",),
        "process.user": ("user",),
        "process.uid": ("uid",),
        "process.unit": ("unit",),
        "process.parent": ("parent",),
        "process.ppid": ("ppid",),
        "process.start": ("process_start",),
        "process.container": ("container",),
        "container.id": ("container_id",),
        "container.image": ("image",),
        "container.runtime": ("container_runtime",),
        "tls.version": ("tls_version",),
        "tls.cipher": ("tls_cipher",),
        "tls.alpn": ("alpn",),
        "tls.sni": ("server_name",),
    },
)  # fmt: skip

_PACKET = (
    _count("number", "Number of the packet in its source, from 1.",
           attrgetter("number"), shown=True, title="no"),
    _c("time", Kind.TIME, "Time of the packet, as its source gives it.", read.cell("time"), shown=True),
    _text("interface", "Interface on which it was captured.",
          lambda row: row.context.interface(row.table.interface[row.row])),
    _text("direction", "in, out or forwarded, where the source says so.", read.packet_heading),
    _size("length", "Bytes that the frame had on the wire.", read.cell("wire"), shown=True),
    _text("proto", "Transport protocol, by its IANA name in lower case.",
          read.packet_proto, shown=True, width=5),
    _c("src", Kind.ADDRESS, "Source address of the innermost IP header.",
       read.packet_address("src"), shown=True),
    _count("src_port", "Source port.",
           read.packet_port("sport"), free=_EXACT, shown=True, width=5, title="port"),
    _c("dst", Kind.ADDRESS, "Destination address of the innermost IP header.", read.packet_address("dst"),
       shown=True),
    _count("dst_port", "Destination port.",
           read.packet_port("dport"), free=_EXACT, shown=True, width=5, title="port"),
    _text("encapsulation", "The layers around the payload, outermost first.",
          lambda row: row.context.encapsulation(row.table.chain[row.row], row.table.vlan[row.row])),
    _list("vlan", "VLAN ids, outermost first.",
          lambda row: read.vlan_ids(row.table.vlan[row.row]), free=_EXACT),
    _count("ethertype", "EtherType of the innermost link layer.", read.cell("ethertype", absent=0)),
    _count("ttl", "TTL or hop limit of the innermost IP header.", read.cell("ttl", mark=IS_IP)),
    _list("tcp_flags", "TCP flags of the segment.", read.packet_flags, free=_EXACT, shown=True),
    _count("seq", "TCP sequence number as sent.", read.cell("seq", mark=HAS_PORTS, transport=TCP)),
    _count("ack", "TCP acknowledgement number as sent.", read.cell("ack", mark=HAS_PORTS, transport=TCP)),
    _size("window", "TCP window as sent, not scaled.", read.cell("window", mark=HAS_PORTS, transport=TCP)),
    _size("mss", "Maximum segment size that a SYN announces.", read.cell("mss", transport=TCP, absent=0)),
    _count("window_scale", "Window scale shift that a SYN announces.",
           read.cell("scale", transport=TCP, absent=NO_SCALE)),
    _size("payload", "Transport payload bytes on the wire, from the headers.",
          read.cell("length"), shown=True),
    _size("payload_captured", "Transport payload bytes that the capture holds.", read.cell("present")),
    _count("segments", "Wire packets that the kernel handed over as this one.",
           read.cell("segments"), "packets"),
    _text("fault", "What was wrong with a header.", lambda row: row.context.fault(row.table.fault[row.row])),
    _text("info", "What the packet says, in a few words.", lambda row: row.context.info(row.table, row.row)),
)  # fmt: skip

PACKETS = Table(
    name="packet",
    doc="One packet, as decoded.",
    columns=_PACKET,
    moment="time",
    also=_ENDS | {"host": ("src", "dst"), "bytes": ("length",), "flags": ("tcp_flags",)},
)

INTERFACES = Table(
    name="interface",
    doc="One network interface of this host, or of a recording.",
    columns=(
        _text("name", "Name of the interface.", attrgetter("name"), shown=True),
        _count("index", "Its index on this host, or in the recording.", attrgetter("index"), shown=True),
        _text("kind", "What it is: ethernet, loopback, veth, bridge, ...", attrgetter("kind"), shown=True),
        _text("link", "Its link layer type.", attrgetter("link")),
        _c("up", Kind.BOOLEAN, "Whether it is up.", attrgetter("up"), shown=True),
        _size("mtu", "Largest packet that it sends.", attrgetter("mtu"), shown=True),
        _text("mac", "Its hardware address.", attrgetter("mac"), shown=True),
        _list("addresses", "Its addresses with their prefix lengths.", attrgetter("addresses"), shown=True),
        _text(
            "capture",
            "Whether traffic can be read from it: yes, or why not.",
            attrgetter("capture"),
            shown=True,
        ),
        _text("description", "What a recording says of it.", attrgetter("description")),
    ),
)

GROUPS = Table(
    name="group",
    doc="Flows taken together by process, remote address, protocol, unit or container.",
    columns=(
        _text("group", "What its flows have in common.", attrgetter("group"), shown=True),
        _text("confidence", "How sure that is; mixed where its flows differ.", attrgetter("confidence"),
              shown=True),
        _count("flows", "Flows in the group.", attrgetter("flows"), "flows", shown=True),
        _count("packets", "Their packets, of both sides.", attrgetter("packets"), "packets", shown=True),
        _size("bytes", "Their bytes on the wire, of both sides.", attrgetter("bytes"), shown=True),
        _size("bytes_out", "Their bytes on the wire from src.", attrgetter("bytes_out"), shown=True),
        _size("bytes_in", "Their bytes on the wire from dst.", attrgetter("bytes_in"), shown=True),
        _c("rate", Kind.NUMBER, "Bytes a second, from the group's first packet to its last.",
           attrgetter("rate"), unit="bytes/s", shown=True),
        _c("start", Kind.TIME, "Time of the group's first packet.", attrgetter("first")),
        _c("last", Kind.TIME, "Time of the group's last packet.", attrgetter("last")),
        *SHAPED_GROUP,
    ),
)  # fmt: skip

CORE = (
    FLOWS, PACKETS, GROUPS, PROCESSES, LIVES, SOCKETS, INTERFACES, PROTOCOLS, RISKS, CHECKS, ACCOUNTING,
    TRIALS, HEALTH, TRAFFIC, COLUMNS, RUNS, LOSSES, FINDINGS, DETECTORS, RULES, IMPORTS, RULE_TESTS,
    EGRESS, INHERITED, SETTINGS, BEGINNINGS,
)  # fmt: skip
