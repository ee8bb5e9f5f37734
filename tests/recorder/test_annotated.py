"""Packets once more: all or some, in order, also where one needs more room than any before."""

from __future__ import annotations

from array import array
from pathlib import Path

from procwire.capture.files import open_files
from procwire.capture.writer import PcapngWriter
from procwire.model.flow import Flow
from procwire.model.frames import batch_of
from procwire.recorder import annotated
from procwire.recorder.annotated import Wanted
from procwire.recorder.hashed import ROOM_BYTES, HashedFile


def test_chosen_packets_with_their_statistics(tmp_path: Path) -> None:
    frames = [bytes([number]) * 60 for number in range(5)] + [bytes(ROOM_BYTES * 2)]
    source = tmp_path / "in.pcapng"
    writer = PcapngWriter(str(source), [])
    writer.write(batch_of(frames))
    writer.close()
    flow = Flow()
    flow.number = 7
    wanted = Wanted(
        flows={7: flow}, numbers=array("q", [7, 0, -7, 9, 7, 7]), chosen={7}, drops={"": 3}, secrets=b"KEY",
        remark=lambda _: "mine", flow_id=lambda _: "id",
    )  # fmt: skip
    with (tmp_path / "out.pcapng").open("wb") as file:
        output = HashedFile(file.fileno())
        assert annotated.write((str(source),), wanted, output) == 4
        assert output.close().bytes == (tmp_path / "out.pcapng").stat().st_size
    found = open_files((str(tmp_path / "out.pcapng"),))
    read = [batch.frame(row) for batch in found.batches() for row in range(batch.count)]
    assert read == [frames[0], frames[2], frames[4], frames[5]]
    assert [(comment.frame, comment.text) for comment in found.comments if comment.frame] == [(1, "mine")]
    assert found.secrets == [(0x544C534B, b"KEY")]
    assert found.counts.dropped == 3
