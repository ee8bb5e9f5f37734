"""Builds frames byte by byte, from the RFCs' diagrams, so that no test leans on the code it tests."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

from procwire.model import address
from procwire.model.frames import batch_of
from procwire.model.packets import PacketTable
from procwire.packet import layers
from procwire.packet.decode import Decoder

A4, B4 = "10.0.0.1", "10.0.0.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
MAC = bytes.fromhex("020000000002020000000001")


def eth(payload: bytes, kind: int = 0x0800) -> bytes:
    return MAC + struct.pack(">H", kind) + payload


def ip4(payload: bytes, proto: int = 6, **more: Any) -> bytes:
    """more: src, dst, total, ident, part (flags and offset field), options."""
    options = more.get("options", b"")
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x45 + len(options) // 4,
        0,
        more.get("total", 20 + len(options) + len(payload)),
        more.get("ident", 7),
        more.get("part", 0x4000),
        64,
        proto,
        0,
        ipaddress.ip_address(more.get("src", A4)).packed,
        ipaddress.ip_address(more.get("dst", B4)).packed,
    )
    return bytes(head + options + payload)


def ip6(payload: bytes, proto: int = 6, **more: Any) -> bytes:
    return (
        struct.pack(">IHBB", 6 << 28, more.get("size", len(payload)), proto, 63)
        + ipaddress.ip_address(more.get("src", A6)).packed
        + ipaddress.ip_address(more.get("dst", B6)).packed
        + payload
    )


def tcp(payload: bytes = b"", *, flags: int = 0x18, options: bytes = b"", offset: int | None = None) -> bytes:
    words = (20 + len(options)) // 4 if offset is None else offset
    return (
        struct.pack(">HHIIHHHH", 40000, 443, 1000, 2000, words << 12 | flags, 512, 0, 0) + options + payload
    )


def udp(payload: bytes = b"", sport: int = 5000, dport: int = 53, size: int | None = None) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload) if size is None else size, 0) + payload


def decode(*frames: bytes, link: int = 1, decoder: Decoder | None = None) -> PacketTable:
    table: PacketTable = (decoder or Decoder()).decode(batch_of(list(frames), link=link))
    return table


def chain(table: PacketTable, row: int = 0) -> str:
    return layers.chain_text(table.chain[row], table.vlan[row])


def ends(table: PacketTable, row: int = 0) -> tuple[str, str, int, int, int]:
    """Source, destination, ports, protocol."""
    family = table.family[row]
    return (
        address.text(family, table.src_hi[row], table.src_lo[row]),
        address.text(family, table.dst_hi[row], table.dst_lo[row]),
        table.sport[row],
        table.dport[row],
        table.proto[row],
    )


TCP4 = (A4, B4, 40000, 443, 6)
TCP6 = (A6, B6, 40000, 443, 6)
