"""The file that tells what is shaped now."""

from __future__ import annotations

import os
from pathlib import Path

from procwire.shaping.board import Board, Notice, notices

ETH0 = Notice(id="a", target="eth0", words="egress loss 3%")


def test_a_descriptor_goes_on_showing_what_is_true(tmp_path: Path) -> None:
    board = Board(tmp_path / "new")
    shown = board.open()
    assert notices(shown) == []
    board.put(ETH0)
    board.put(Notice(id="b", target="x", words="y", pid=os.getpid()))
    first = notices(shown)
    assert first is not None
    assert [each.id for each in first] == ["a", "b"]
    assert first[0].since_ns > 0
    board.put(ETH0)
    again = notices(shown)
    assert again is not None
    assert {each.id: each.since_ns for each in again}["a"] == first[0].since_ns
    board.put(Notice(id="a", target="eth0", words="egress loss 9%"))
    board.take_off("b")
    last = notices(shown)
    assert last is not None
    assert [each.words for each in last] == ["egress loss 9%"]
    os.close(shown)


def test_one_whose_process_is_gone_is_forgotten(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.put(Notice(id="a", target="command", words="x", pid=1 << 22))
    board.put(ETH0)
    shown = board.open()
    found = notices(shown)
    assert found is not None
    assert [each.target for each in found] == ["eth0"]
    os.close(shown)


def test_what_is_torn_is_not_read_and_what_cannot_be_written_is_nobodys_fault(tmp_path: Path) -> None:
    (tmp_path / "torn").write_text('[{"id":')
    descriptor = os.open(tmp_path / "torn", os.O_RDONLY)
    assert notices(descriptor) is None
    os.close(descriptor)
    (tmp_path / "file").write_text("")
    board = Board(tmp_path / "file")
    board.put(ETH0)
    assert board.open() == -1
