"""With keys, too, any number of workers finds what one process finds; also of a connection that moves."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from aioquic.h3.connection import H3Connection
from bench.decrypt import make
from bench.traffic import UDP, packet

from procwire.crew.parcel import unwrap
from procwire.engine.options import ReadOptions
from procwire.engine.reading import Reading
from procwire.model.listening import Silent
from tests.decrypt.quic_dialogue import Talk
from tests.scenes.test_workers import same

HEAD = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"h3.example")]
START = 1_767_225_700


def moving(number: int) -> tuple[bytes, bytes]:
    """Records of a capture in which a connection of QUIC goes on from another port, and its keys."""
    talk = Talk()
    for _ in range(3):
        talk.turn()
    client = H3Connection(talk.client)
    client.send_headers(0, [*HEAD, (b":path", b"/one")], end_stream=True)
    talk.turn()
    at = len(talk.flights)
    talk.client.change_connection_id()
    client.send_headers(4, [*HEAD, (b":path", b"/two")], end_stream=True)
    talk.turn()
    spoken, records = talk.spoken(), b""
    for place, (side, data) in enumerate(spoken.flights):
        mine = (0x0A000000 + number, 40_000 if place < at else 50_000)
        ends = (*mine, 0xC6120001, 443)
        way = ends if not side else (ends[2], ends[3], ends[0], ends[1])
        frame = packet(way, 17, UDP.pack(way[1], way[3], 8 + len(data), 0), data)
        records += struct.pack("<IIII", START + place, number, len(frame), len(frame)) + frame
    return records, spoken.keys


def test_flows_are_the_same_with_keys(tmp_path: Path) -> None:
    capture, keys = tmp_path / "capture.pcap", tmp_path / "keys"
    make(capture, keys, 1)
    with capture.open("ab") as file, keys.open("ab") as log:
        for number in range(4):
            records, lines = moving(number)
            file.write(records)
            log.write(lines)
    found = same(capture, workers=3, keylog=str(keys))
    assert found["shared"]
    apps = sorted(unwrap(row).app for row in found["rows"])
    assert apps == ["http"] * 40 + ["http3"] * 8


def test_a_log_that_is_no_file_is_read_by_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    class Ends(Silent):
        def ended(self, flow: Any) -> None:
            """Heard."""

    capture = Path(__file__).parents[1] / "vectors" / "tls" / "tls13.pcap"
    options = ReadOptions(paths=(str(capture),), keylog=str(pipe), workers=2)
    assert Reading(options, Ends()).workers == 1
