from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.ledger.files import FLUSH_BYTES, Growing, Levels
from procwire.ledger.tree import LedgerError, Tree, sha256


def test_entries_are_read_whether_they_wait_or_not(tmp_path: Path) -> None:
    file = Growing(tmp_path / "x", 4)
    for number in range(FLUSH_BYTES // 4 + 5):
        file.add(number.to_bytes(4, "big"))
    assert 0 < (tmp_path / "x").stat().st_size < len(file) * 4
    assert [int.from_bytes(file.get(at), "big") for at in (0, 9, len(file) - 1)] == [0, 9, len(file) - 1]
    with pytest.raises(LedgerError):
        file.get(len(file))
    file.close()
    assert len(Growing(tmp_path / "x", 4)) == FLUSH_BYTES // 4 + 5


def test_half_an_entry_is_none(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"aaaabbbbcc")
    file = Growing(tmp_path / "x", 4)
    assert len(file) == 2
    file.add(b"cccc")
    file.cut(3)
    file.close()
    assert (tmp_path / "x").read_bytes() == b"aaaabbbbcccc"


def test_what_could_not_be_written_waits_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Growing(tmp_path / "x", 4)
    file.add(b"aaaa")
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda *given: 2)
    with pytest.raises(OSError, match="No space"):
        file.flush()
    monkeypatch.setattr(os, "pwrite", real)
    file.flush()
    assert (tmp_path / "x").read_bytes() == b"aaaa"


def test_nodes_in_files_make_the_same_tree(tmp_path: Path) -> None:
    kept = Levels(tmp_path)
    made = Tree(kept)
    for number in range(37):
        made.add(bytes([number]))
    root = made.root()
    assert kept.whole() == 37
    kept.close()
    again = Levels(tmp_path)
    assert Tree(again, size=37).root() == root
    again.cut(20)
    assert again.whole() == 20
    assert Tree(again, size=20).root() == made.root(20)


def test_a_level_that_is_too_short_is_seen(tmp_path: Path) -> None:
    kept = Levels(tmp_path)
    made = Tree(kept)
    for number in range(8):
        made.add(bytes([number]))
    kept.close()
    (tmp_path / "nodes.01").write_bytes(sha256(b""))
    assert Levels(tmp_path).whole() == 0
    with pytest.raises(LedgerError, match="no such file"):
        Levels(tmp_path).get(9, 0)
