"""Chosen packets as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.engine.api import ReadOptions, Silent
from procwire.engine.reading import Reading
from procwire.recorder.picking import Picked, write
from procwire.recorder.reason import RecorderError

PACKETS = [
    Picked(data=bytes([number]) * 60, time=1_000_000_000 + number, wire=90, link=1, interface=name)
    for number, name in enumerate(("eth0", "eth1", "eth0"))
]


def test_they_are_read_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "chosen.pcapng"
    write(path, PACKETS, comment="chosen")
    reading = Reading(ReadOptions(paths=(str(path),), workers=1), Silent())
    reading.begin()
    found = [
        (
            batch.frame(row),
            batch.time[row],
            batch.wire[row],
            reading.source.interfaces[batch.interface[row]].name,
        )
        for batch, _ in reading.packets()
        for row in range(batch.count)
    ]
    assert found == [(each.data, each.time, each.wire, each.interface) for each in PACKETS]


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "chosen.pcapng"
    path.write_bytes(b"mine")
    with pytest.raises(RecorderError, match="chosen"):
        write(path, PACKETS)
    assert path.read_bytes() == b"mine"
