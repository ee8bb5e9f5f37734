"""Files that turn: when, which is written anew, and that every one is whole for other programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError, Interface
from procwire.model.frames import batch_of
from procwire.recorder.turning import Turns, names
from procwire.recorder.wishes import Rotation

SECOND = 10**9
FRAMES = [bytes([number % 251]) * 200 for number in range(1000)]
ONE = [Interface(), Interface(index=1, name="eth0", link=1)]


def read(path: Path) -> list[bytes]:
    return [batch.frame(row) for batch in open_files((str(path),)).batches() for row in range(batch.count)]


def written(path: Path, rotation: Rotation, step: int = 1_000_000) -> Turns:
    turns = Turns(str(path), rotation, ONE)
    turns.write(batch_of(FRAMES, start=5 * SECOND, step=step), 0, len(FRAMES))
    turns.close({})
    return turns


def test_names_stand_beside_each_other() -> None:
    assert names("a/b.pcapng", 2) == ["a/b.001.pcapng", "a/b.002.pcapng"]
    assert names("b", 1) == ["b"]


@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
@pytest.mark.parametrize(
    ("rotation", "turned"),
    [
        (Rotation(size_bytes=50_000, files=20), 3),
        (Rotation(span_ns=SECOND // 4, files=20), 3),
        (Rotation(packets=150, files=20), 6),
        (Rotation(files=1), 0),
    ],
)
def test_every_packet_is_in_one_file(tmp_path: Path, suffix: str, rotation: Rotation, turned: int) -> None:
    path = tmp_path / f"x{suffix}"
    turns = written(path, rotation)
    assert turns.turned == turned
    files = [Path(name) for name in names(str(path), rotation.files)]
    assert [frame for file in files for frame in read(file)] == FRAMES
    assert turns.overwritten == 0


def test_the_oldest_is_written_anew_and_counted(tmp_path: Path) -> None:
    turns = written(tmp_path / "x.pcapng", Rotation(packets=192, files=2))
    first, second = (read(Path(name)) for name in names(str(tmp_path / "x.pcapng"), 2))
    assert turns.overwritten + len(first) + len(second) == len(FRAMES)
    assert first + second == FRAMES[turns.overwritten :]


@pytest.mark.skipif(shutil.which("mergecap") is None, reason="needs mergecap and capinfos")
@pytest.mark.parametrize("suffix", [".pcap", ".pcapng"])
def test_other_programs_take_all_of_them(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    written(path, Rotation(packets=400, files=4))
    files = names(str(path), 4)
    for file in files:
        found = subprocess.run(["capinfos", "-Tc", file], capture_output=True, text=True, check=True)
        assert found.stderr == ""
    merged = tmp_path / "merged.pcapng"
    subprocess.run(["mergecap", "-w", str(merged), *files], check=True)
    assert read(merged) == FRAMES
    listed = subprocess.run(
        ["tshark", "-r", str(merged), "-T", "fields", "-e", "frame.len"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split() == ["200"] * len(FRAMES)


def test_a_link_type_that_pcap_cannot_mix(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "x.pcap"), Rotation(), ONE)
    turns.write(batch_of([b"E" * 40], link=101), 0, 1)
    turns.flush()
    assert read(tmp_path / "x.pcap") == [b"E" * 40]
    with pytest.raises(CaptureError, match="write pcapng"):
        turns.write(batch_of([b"a" * 40], link=1), 0, 1)
    turns.close({})
    turns.close({})
    with pytest.raises(CaptureError):
        Turns(str(tmp_path / "no" / "x"), Rotation(), ONE)
