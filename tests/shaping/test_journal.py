from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec
import pytest

from procwire.shaping import journal
from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import MAX_ENTRY, Entry, Journal
from procwire.shaping.steps import DropQdisc, Part, Place

PART = Part(
    place=Place(path="/run/netns/x", inode=7), device=3, name="eth0", side="egress", steps=(),
    undo=(DropQdisc(device=3, parent=1, handle=2, kind="netem"),),
)  # fmt: skip


def entry(identity: str = "0a1b2c3d", **changes: object) -> Entry:
    made = Entry(
        id=identity, document={"target": "eth0"}, parts=(PART,), boot=journal.boot(), made_ns=5, until_ns=100
    )
    return msgspec.structs.replace(made, **changes)


def test_an_entry_comes_back(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "shaping")
    first, second = entry(made_ns=9), entry("ffffffff", made_ns=3)
    kept.write(first)
    kept.write(second)
    assert kept.entries() == [second, first]
    assert kept.get("0a1b2c3d") == first
    kept.remove("ffffffff")
    kept.remove("ffffffff")
    assert kept.entries() == [first]
    assert (tmp_path / "shaping").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "shaping" / "0a1b2c3d.json").stat().st_mode & 0o777 == 0o600


def test_a_deadline_is_the_first_of_its_ends() -> None:
    assert entry().deadline_ns == 100
    assert entry(confirm_ns=50).deadline_ns == 50
    assert entry().spots == {(7, 3, "egress")}


def test_what_was_half_written_is_no_entry(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    kept.write(entry())
    (tmp_path / "bbbbbbbb.new").write_bytes(b"{")  # a crash before the rename
    (tmp_path / "cccccccc.json").write_bytes(b"{")
    (tmp_path / "active.json").write_bytes(b"{")  # a neighbour's, and none of the journal
    (tmp_path / "dddddddd.json").write_bytes(msgspec.json.encode(entry()))
    (tmp_path / "eeeeeeee.json").symlink_to("/etc/passwd")
    with (tmp_path / "ffffffff.json").open("wb") as large:
        large.truncate(MAX_ENTRY + 1)
    os.mkfifo(tmp_path / "abababab.json")
    assert [each.id for each in kept.entries()] == ["0a1b2c3d"]
    assert len(kept.damaged) == 5


def test_a_directory_of_others_and_names_that_lead_away_are_refused(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(ShapingError, match="nobody else"):
        kept.write(entry())
    tmp_path.chmod(0o700)
    for name in ("../../x", "", "ABCDEFGH"):
        with pytest.raises(ShapingError, match="no impairment"):
            kept.remove(name)


def test_names_and_clocks() -> None:
    assert journal.identity() != journal.identity()
    assert journal.now() <= journal.now()
    assert len(journal.boot()) == 36
    assert Journal().folder.name == "shaping"


def test_one_at_a_time(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "shaping")
    with kept.alone():
        descriptor = os.open(tmp_path / "shaping" / journal.LOCK, os.O_RDWR)
        try:
            with pytest.raises(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
