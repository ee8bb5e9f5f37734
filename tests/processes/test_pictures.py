"""Tables of the host as values: the same as their rows say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.model.host_tables import PROCESSES
from procwire.model.socket_tables import SOCKETS
from procwire.model.traffic import COUNTERS
from procwire.processes.pictures import TABLES, Pictures, counters

TEXT = """\
Inter-|   Receive      |  Transmit
 face |bytes    packets|bytes    packets
    lo: 100 1 2 3 0 0 0 0 200 4 5 6 0 0 0 0
 eth0.5:7 8 9 10 0 0 0 0 11 12 13 14 0 0 0 0
 broken: x
"""


def test_interfaces_and_their_counters() -> None:
    assert counters(TEXT) == [["lo", 100, 1, 2, 3, 200, 4, 5, 6], ["eth0.5", 7, 8, 9, 10, 11, 12, 13, 14]]
    assert COUNTERS[:3] == ("interface", "bytes_in", "packets_in")


def test_this_process_is_in_the_picture() -> None:
    pictures = Pictures(lambda *_: ("unknown", "unknown"))
    try:
        names = [column.name for column in PROCESSES]
        rows = [dict(zip(names, row, strict=True)) for row in pictures.take("process")]
        assert [row["uid"] for row in rows if row["pid"] == os.getpid()] == [os.geteuid()]
        assert all(len(row) == len(SOCKETS.columns) for row in pictures.take("socket"))
        assert "lo" in [row[0] for row in pictures.take("traffic")]
    finally:
        pictures.close()
    assert TABLES == ("process", "socket", "traffic")


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Pictures(lambda *_: ("", ""), proc=str(tmp_path)).take("traffic")
