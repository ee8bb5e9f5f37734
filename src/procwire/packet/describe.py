"""One packet in words, for listings: its protocol, its flags, what stands out. Not for hot paths."""

from __future__ import annotations

from procwire.model import address
from procwire.model.packets import (
    CUT,
    ERROR_QUOTE,
    FRAGMENT,
    HAS_PORTS,
    HELD,
    IS_IP,
    REASSEMBLED,
    PacketTable,
)
from procwire.packet import _names, faults, layers

TCP_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS")
ICMP_TYPES = {
    4: {0: "echo reply", 3: "unreachable", 4: "source quench", 5: "redirect", 8: "echo request"}
    | {9: "router advertisement", 10: "router solicitation", 11: "time exceeded", 12: "parameter problem"}
    | {13: "timestamp request", 14: "timestamp reply", 17: "mask request", 18: "mask reply"},
    6: {1: "unreachable", 2: "packet too big", 3: "time exceeded", 4: "parameter problem"}
    | {128: "echo request", 129: "echo reply", 130: "listener query", 131: "listener report"}
    | {132: "listener done", 133: "router solicitation", 134: "router advertisement"}
    | {
        135: "neighbour solicitation",
        136: "neighbour advertisement",
        137: "redirect",
        143: "listener report",
    },
}
ICMP = {4: 1, 6: 58}


def protocol(table: PacketTable, row: int) -> str:
    """``tcp``; for what is not IP the ethertype's name, or the link type's where that was not read."""
    if table.marks[row] & IS_IP:
        return _names.protocol(table.proto[row])
    if not table.chain[row]:
        return _names.link(table.ethertype[row])
    return _names.ethertype(table.ethertype[row])


def flags(bits: int) -> str:
    """``SYN,ACK``, lowest bit first; empty for none."""
    return ",".join(name for bit, name in enumerate(TCP_FLAGS) if bits >> bit & 1)


def ends(table: PacketTable, row: int) -> tuple[str, str]:
    """Source and destination, with ports where the protocol has them: ``[2001:db8::1]:443``."""
    family = table.family[row]
    if not family:
        return "", ""
    source = address.text(family, table.src_hi[row], table.src_lo[row])
    target = address.text(family, table.dst_hi[row], table.dst_lo[row])
    if not table.marks[row] & HAS_PORTS or table.proto[row] == ICMP[family]:
        return source, target
    form = "[{}]:{}" if family == 6 else "{}:{}"
    return form.format(source, table.sport[row]), form.format(target, table.dport[row])


def summary(table: PacketTable, row: int) -> str:
    """What stands out: flags and numbers of TCP, the type of ICMP, fragments, faults, and the length."""
    marks = table.marks[row]
    words = []
    if marks & FRAGMENT:
        words.append("fragment, flow not known yet" if marks & HELD else "fragment")
    elif marks & IS_IP:
        words.extend(_transport(table, row))
    if marks & REASSEMBLED:
        words.append("reassembled")
    if marks & CUT:
        words.append(f"cut at {table.present[row]} bytes")
    if table.fault[row]:
        words.append(f"fault: {faults.name(table.fault[row])}")
    return " ".join(words)


def _transport(table: PacketTable, row: int) -> list[str]:
    family, proto = table.family[row], table.proto[row]
    length = f"len={table.length[row]}"
    if proto == 6:
        words = [flags(table.tcp_flags[row]), f"seq={table.seq[row]}", f"ack={table.ack[row]}"]
        words.append(f"win={table.window[row]}")
        if table.mss[row]:
            words.append(f"mss={table.mss[row]}")
        return [*filter(None, words), length]
    if proto == ICMP[family] and table.marks[row] & HAS_PORTS:
        kind = table.sport[row]
        name = ICMP_TYPES[family].get(kind, f"type {kind}")
        return [name + (" (quotes a packet)" if table.marks[row] & ERROR_QUOTE else ""), length]
    if proto == 50:
        return [f"spi=0x{table.seq[row]:08x}", length]
    return [length]


def row_text(table: PacketTable, row: int) -> str:
    """One line without the time: chain, ends, what stands out."""
    source, target = ends(table, row)
    between = f"{source} > {target}" if source else ""
    chain = layers.chain_text(table.chain[row], table.vlan[row])
    parts = (protocol(table, row), between, summary(table, row), f"[{chain}]" if chain else "")
    return " ".join(filter(None, parts))
