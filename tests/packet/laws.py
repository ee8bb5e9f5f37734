"""What holds for every row of every decoded batch, whatever the bytes."""

from __future__ import annotations

from procwire.model.frames import FrameBatch
from procwire.model.packets import CUT, FRAGMENT, HAS_PORTS, HELD, IS_IP, REASSEMBLED, PacketTable
from procwire.packet import _names, describe, faults, layers

COLUMNS = (
    *(
        "time",
        "src_hi",
        "src_lo",
        "dst_hi",
        "dst_lo",
        "sport",
        "dport",
        "family",
        "proto",
        "wire",
        "segments",
    ),
    *("payload", "present", "length", "seq", "ack", "window", "tcp_flags", "mss", "scale", "ttl", "tunnel"),
    *("chain", "vlan", "ethertype", "interface", "flags", "marks", "fault", "held", "held_wire"),
)


def columns(table: PacketTable) -> dict[str, list[int]]:
    return {name: list(getattr(table, name)[: table.count]) for name in COLUMNS}


def check(batch: FrameBatch, table: PacketTable) -> None:
    """Raises AssertionError where a row breaks a law."""
    assert table.count == batch.count
    for row in range(table.count):
        check_row(batch, table, row)


def check_row(batch: FrameBatch, table: PacketTable, row: int) -> None:
    marks = table.marks[row]
    assert table.family[row] in ((4, 6) if marks & IS_IP else (0,))
    assert marks & IS_IP or not marks & (HAS_PORTS | FRAGMENT | REASSEMBLED | HELD)
    assert not marks & HELD or marks & FRAGMENT
    assert not (marks & REASSEMBLED) or row in table.rebuilt
    assert table.segments[row] >= 1
    assert table.tcp_flags[row] < 512
    assert table.scale[row] <= 14 or table.scale[row] == 255
    assert table.present[row] <= table.length[row]
    assert table.present[row] == table.length[row] or marks & CUT
    if table.fault[row] in faults.FAULTS and faults.name(table.fault[row]) != "outside-buffer":
        start = batch.offset[row]
        end = start + batch.captured[row]
        assert start <= table.payload[row] <= end
        if not marks & REASSEMBLED:
            assert table.payload[row] + table.present[row] <= end
    assert len(table.payload_of(row)) == table.present[row]
    assert table.fault[row] in faults.FAULTS
    text = layers.chain_text(table.chain[row], table.vlan[row])
    assert "layer-" not in text
    assert describe.row_text(table, row)
    assert _names.protocol(table.proto[row])
