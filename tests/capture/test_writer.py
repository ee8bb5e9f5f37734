"""What is written reads back the same, by us and by others; a full disk is an error, not a torn file."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError, Interface
from procwire.capture.writer import BUFFER_BYTES, PcapngWriter, PcapWriter
from procwire.model.frames import FrameBatch, batch_of
from tests.capture import crafted
from tests.capture.crafted import read, read_all, write
from tests.lab import need

INTERFACES = [
    Interface(),
    Interface(index=1, name="eth0", snaplen=96, description="the wire", filter="tcp", os="Linux"),
    Interface(index=2, name="lo"),
]
FRAMES = st.lists(
    st.tuples(
        st.binary(max_size=90),
        st.integers(0, 70_000),
        st.integers(0, 9_000_000_000_000_000_000),
        st.sampled_from([1, 101, 276]),
        st.integers(0, 2),
        st.sampled_from([0, 1, 2, 4]),
    ),
    max_size=20,
)


def batch_from(frames: list[tuple[bytes, int, int, int, int, int]]) -> FrameBatch:
    batch = batch_of([frame[0] for frame in frames])
    for row, (data, wire, time, link, interface, flags) in enumerate(frames):
        batch.wire[row] = max(wire, len(data))
        batch.time[row] = time
        batch.link[row] = link
        batch.interface[row] = interface
        batch.flags[row] = flags
    return batch


@settings(max_examples=80, deadline=None)
@given(FRAMES, st.dictionaries(st.integers(0, 19), st.text("aé\n", min_size=1, max_size=9), max_size=3))
def test_pcapng_reads_back_the_same(frames: Any, comments: dict[int, str]) -> None:
    file = io.BytesIO()
    writer = PcapngWriter(file, INTERFACES)
    batch = batch_from(frames)
    writer.write(batch, comments=comments)
    writer.close(dropped={1: 7})
    source = open_files([io.BytesIO(file.getvalue())])
    names = []
    found = []
    for back in source.batches():
        for n in range(back.count):
            names.append(source.interfaces[back.interface[n]].name)
            found.append((back.time[n], back.wire[n], back.link[n], back.flags[n], back.frame(n)))
    assert found == [(f[2], max(f[1], len(f[0])), f[3], f[5], f[0]) for f in frames]
    assert names == [INTERFACES[f[4]].name for f in frames]
    assert {c.frame - 1: c.text for c in source.comments} == {
        n: text for n, text in comments.items() if n < len(frames)
    }
    assert source.counts.dropped == (7 if any(f[4] == 1 for f in frames) else 0)


@settings(max_examples=50, deadline=None)
@given(FRAMES)
def test_pcap_reads_back_the_same(frames: Any) -> None:
    frames = [(data, wire, time % (1 << 61), 1, 0, 0) for data, wire, time, *_ in frames]
    file = io.BytesIO()
    writer = PcapWriter(file, 1)
    writer.write(batch_from(frames))
    writer.close()
    found, error = read_all(open_files([io.BytesIO(file.getvalue())]))
    assert error is None
    assert found == [(f[2], max(f[1], len(f[0])), 1, 0, f[0]) for f in frames]


def test_chosen_rows_in_their_order(tmp_path: Path) -> None:
    batch = batch_of([b"a", b"b", b"c"])
    ng, old = PcapngWriter(str(tmp_path / "a"), INTERFACES), PcapWriter(str(tmp_path / "b"), 1)
    for writer in (ng, old):
        writer.write(batch, [2, 0])
        writer.close()
        writer.close()
        assert writer.frames == 2
    for name in "ab":
        assert [row[4] for row in read(tmp_path / name)[0]] == [b"c", b"a"]


def test_giant_and_many_frames(tmp_path: Path) -> None:
    frames = [bytes([n]) * (BUFFER_BYTES * 2 if n == 50 else 4000) for n in range(200)]
    writer = PcapngWriter(str(tmp_path / "a"), INTERFACES)
    writer.write(batch_of(frames))
    writer.close()
    found, error, _ = read(tmp_path / "a")
    assert ([row[4] for row in found], error) == (frames, None)


def test_flush_shows_what_was_written(tmp_path: Path) -> None:
    writer = PcapngWriter(str(tmp_path / "a"), INTERFACES)
    writer.write(batch_of([b"a"]))
    writer.flush()
    assert [row[4] for row in read(tmp_path / "a")[0]] == [b"a"]
    writer.close()


def test_secrets_and_remarks_about_the_file(tmp_path: Path) -> None:
    writer = PcapngWriter(str(tmp_path / "a"), INTERFACES, comment="evidence", system="Linux")
    writer.secret(0x544C534B, b"CLIENT_RANDOM")
    writer.close()
    _, error, source = read(tmp_path / "a")
    assert error is None
    assert source.secrets == [(0x544C534B, b"CLIENT_RANDOM")]
    assert [comment.text for comment in source.comments] == ["evidence"]


def test_pcap_refuses_a_second_link_type(tmp_path: Path) -> None:
    writer = PcapWriter(str(tmp_path / "a"), 101)
    with pytest.raises(CaptureError, match="one link type"):
        writer.write(batch_of([b"a"], link=1))
    writer.close()


class Disk(io.RawIOBase):
    """A file that is full after ``size`` bytes, and writes in pieces."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray()
        self.at = 0

    def write(self, data: Any) -> int:
        piece = bytes(data[: min(1000, self.size - len(self.data))])
        if not piece:
            raise OSError(28, "No space left on device")
        self.data += piece
        return len(piece)

    def truncate(self, size: int | None = None) -> int:
        del self.data[size:]
        return len(self.data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset


@pytest.mark.parametrize("size", [5, 5000, 300_000])
def test_a_full_disk_leaves_a_whole_file_and_one_line(tmp_path: Path, size: int) -> None:
    disk = Disk(size)
    writer = PcapngWriter(disk, INTERFACES)  # type: ignore[arg-type]

    def fill() -> None:
        for _ in range(100):
            writer.write(batch_of([bytes(1000)] * 20))
            writer.flush()

    with pytest.raises(CaptureError, match="cannot write: no space left on device") as caught:
        fill()
    assert "\n" not in str(caught.value)
    writer.close()
    if disk.data:
        assert read(write(tmp_path / "a", bytes(disk.data)))[1] is None
    assert len(disk.data) == (caught.value.offset or 0)


def test_a_real_full_device() -> None:
    writer = PcapWriter("/dev/full", 1)
    writer.write(batch_of([b"a"]))
    with pytest.raises(CaptureError, match="/dev/full: offset 0: cannot write: no space left on device"):
        writer.close()


def test_a_path_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file or directory"):
        PcapngWriter(str(tmp_path / "none" / "a"), INTERFACES)


@pytest.mark.skipif(bool(need("tshark", "capinfos")), reason="needs tshark and capinfos")
def test_tshark_reads_what_we_write(tmp_path: Path) -> None:
    found, _, _ = read(write(tmp_path / "in", crafted.pcapng(20)))
    batch = batch_of([row[4] for row in found], start=1_700_000_000_000_000_001, step=1)
    batch.flags[3] = 2
    batch.interface[3] = 1
    writer = PcapngWriter(str(tmp_path / "out"), INTERFACES)
    writer.write(batch, comments={5: "look here"})
    writer.close(dropped={1: 3})
    words = ["tshark", "-n", "-r", str(tmp_path / "out"), "-T", "fields"]
    for field in ("time_epoch", "len", "interface_name", "packet_flags_direction", "comment"):
        words += ["-e", f"frame.{field}"]
    lines = subprocess.run(words, capture_output=True, check=True, text=True).stdout.splitlines()
    assert lines[3].split("\t")[:3] == ["1700000000.000000004", "63", "eth0"]
    assert lines[3].split("\t")[3].endswith("2")
    assert lines[5].endswith("look here")
    told = subprocess.run(
        ["capinfos", str(tmp_path / "out")], capture_output=True, check=True, text=True
    ).stdout
    assert "procwire" in told
    assert "Number of packets:   20" in told
