"""Packets as Arrow: as many rows, the same values, in the decoder's own types."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import polars
import pytest

import procwire
from procwire.library.batches import NAMES, PacketStream
from procwire.library.reason import LibraryError

HTTP = Path(__file__).parents[1] / "vectors" / "http" / "connect.pcap"


def address(packed: bytes) -> str:
    whole = ipaddress.IPv6Address(packed)
    return str(whole.ipv4_mapped or whole)


def test_batches_say_what_rows_say() -> None:
    session = procwire.session(HTTP)
    frame = polars.DataFrame(session.table("packet"))
    rows = list(session.packets())
    assert frame.columns == list(NAMES)
    assert frame.height == len(rows)
    assert frame["time"].to_physical().to_list() == [row.time for row in rows]
    assert frame["size"].to_list() == [row.length for row in rows]
    assert [address(one) for one in frame["src"]] == [row.src for row in rows]
    assert [address(one) for one in frame["dst"]] == [row.dst for row in rows]
    ports = [row.dst_port for row in rows if row.dst_port is not None]
    assert frame.filter(polars.col("proto").is_in([6, 17]))["dst_port"].to_list() == ports
    assert frame.schema["tcp_flags"] == polars.UInt16


def test_columns_can_be_chosen() -> None:
    stream = procwire.session(HTTP).table("packet", columns=["dst", "ttl"])
    assert isinstance(stream, PacketStream)
    assert {batch.n_children for batch in stream.batches()} == {2}
    with pytest.raises(
        LibraryError, match="'process' is not a column of packet batches; there are time, src"
    ):
        procwire.session(HTTP).table("packet", columns=["process"])
