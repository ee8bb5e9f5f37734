"""Packet tables: payload is read from the buffer, or from a reassembled datagram."""

from __future__ import annotations

import pytest

from procwire.model.packets import PacketTable


def test_payload_comes_from_the_buffer_or_from_what_was_rebuilt() -> None:
    table = PacketTable(4)
    table.buffer, table.count = b"headerpayload", 2
    table.payload[0], table.present[0] = 6, 7
    table.rebuilt[1] = b"whole"
    assert table.payload_of(0) == b"payload"
    assert table.payload_of(1) == b"whole"
    for row in (-1, 2):
        with pytest.raises(IndexError):
            table.payload_of(row)


def test_columns_have_the_capacity() -> None:
    table = PacketTable(4)
    assert {len(memoryview(getattr(table, name))) for name in ("time", "src_hi", "seq", "fault")} == {4}
