"""A disk that fills up for real: what is shown stays whole, what was lost is counted."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli.exit import INCOMPLETE, OK
from procwire.store import filing
from procwire.store.filing import FULL
from procwire.store.writer import Writer
from tests.cli.program import HTTP, run
from tests.store.probe import PROBE, row

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_storing_pauses_and_goes_on_when_there_is_room(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "PAUSE_SECONDS", 0.0)
    with Writer(disk / "history.db", (PROBE,), patient=True) as writer:
        writer.add("probe", row(name="first"))
        assert writer.flush(20)
        (disk / "filler").write_bytes(bytes(_free(disk)))
        for number in range(20):
            writer.add("probe", row(name=f"{number}" + "x" * 20_000))
        assert writer.flush(20)
        lost = writer.counts.lost
        assert lost[FULL] == 20
        assert "full" in writer.counts.problem
        (disk / "filler").unlink()
        writer.add("probe", row(name="last"))
        assert writer.flush(20)
        assert writer.counts.problem == ""
    connection = sqlite3.connect(disk / "history.db")
    assert connection.execute("SELECT name FROM probe").fetchall() == [("first",), ("last",)]
    assert connection.execute("SELECT sum(rows) FROM store_loss").fetchone() == (20,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_reading_is_shown_whole(disk: Path) -> None:
    assert run("read", str(HTTP), "--json", "--store", str(disk)).returncode == OK
    (disk / "filler").write_bytes(bytes(_free(disk)))
    done = run("read", str(HTTP), "--json", "--store", str(disk))
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == INCOMPLETE, done.stderr
    assert b"full" in done.stderr
    assert len(shown) == len(run("read", str(HTTP), "--json").stdout.splitlines())


def _free(disk: Path) -> int:
    told = os.statvfs(disk)
    return told.f_bavail * told.f_bsize
