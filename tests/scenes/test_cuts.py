"""The measure of captures that end at any byte finds what it is to find; the corpora are not needed here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bench import cuts
from bench.tally import Tally

from procwire.capture.source import CaptureError

ROOT = Path(__file__).parents[2]
CAPTURE = ROOT / "tests" / "vectors" / "whois" / "name.pcap"


def test_every_part_holds_for_a_small_capture(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    data = CAPTURE.read_bytes()
    (tmp_path / "corpora" / "small.pcap").write_bytes(data[:200])
    shutil.copy(CAPTURE, tmp_path / "corpora")
    done = subprocess.run(
        [sys.executable, "-m", "bench.cuts", "--shared", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    held = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("held")]
    assert len(held) == len(cuts.PARTS)
    assert all(words[1] == words[3] and int(words[1]) > 10 for words in held)
    assert f"{2 * (len(data) + 1 + 201)} of" in done.stdout


@pytest.mark.parametrize(
    ("count", "last", "offset", "says"),
    [
        (2, (2, 60, 1), 90, ""),
        (0, (0, 0, 0), None, "0 frames after 1"),
        (4, (2, 60, 1), None, "4 frames after 1 of 3"),
        (2, (2, 59, 1), None, "frame 2 is (2, 59, 1)"),
        (1, (1, 60, 1), 101, "error beyond the cut"),
    ],
)
def test_what_is_not_a_beginning_of_the_whole(
    count: int, last: cuts.Frame, offset: int | None, says: str
) -> None:
    whole = [(1, 60, 1), (2, 60, 1), (3, 60, 1)]
    error = None if offset is None else CaptureError("x.pcap", offset, "ends")
    found = cuts._unlike(whole, 1, 100, (count, last, error))
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_long_files_are_cut_at_both_ends_and_between() -> None:
    found = set(cuts.places(9000, 400))
    assert {0, 99, 100, 197, 8900, 9000} <= found
    assert not {101, 196, 8890} & found
    assert list(cuts.places(4, 4)) == [0, 1, 2, 3, 4]
    assert len(list(cuts.places(9000, cuts.ALL.each_bytes))) == 9001


def test_what_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IndexError("of the reader")

    monkeypatch.setattr(cuts, "read_cut", broken)
    tally: Tally = cuts.files([CAPTURE])
    assert tally.share("held") == 0
    assert "IndexError('of the reader')" in tally.differences[0]
