"""Records of commands, whoever appends to the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.ledger import inbox
from procwire.ledger.book import BusyError, opened
from procwire.ledger.chain import Record, read
from procwire.ledger.inbox import INBOX, count, take_in, tell
from procwire.ledger.tree import LedgerError
from procwire.ledger.verify import Check
from tests.ledger.made import ledger

NOW = 1_767_225_600 * 10**9


def records(directory: Path) -> list[Record]:
    return [read(line) for line in (directory / "records.jsonl").read_bytes().splitlines()]


def test_appended_and_signed_where_nobody_else_writes(tmp_path: Path) -> None:
    place = ledger(tmp_path / "l", records=3)
    tell(place, "command", {"command": "x"}, now=NOW)
    assert (records(place)[-1].kind, records(place)[-1].body) == ("command", {"command": "x"})
    assert Check(place).run().covered == len(records(place))
    assert not (place / INBOX).exists()


def test_laid_down_where_another_writes_and_taken_in_in_order(tmp_path: Path) -> None:
    place = ledger(tmp_path / "l", records=3)
    book = opened(place, now=NOW)
    with pytest.raises(BusyError):
        opened(place, now=NOW)
    for n in range(3):
        tell(place, "command", {"n": n}, now=NOW + n)
    assert count(place) == 3
    (place / INBOX / "half.new").write_bytes(b"{")
    assert take_in(book, now=NOW + 9) == 3
    assert (count(place), take_in(book, now=NOW)) == (0, 0)
    book.close()
    kept = records(place)[-3:]
    assert [one.body["n"] for one in kept] == [0, 1, 2]
    assert kept[0].body["asked"] == "2026-01-01T00:00:00.000000000Z"
    assert len({one.body["entry"] for one in kept}) == 3


def test_what_waited_for_a_writer_that_died_is_taken_in_first(tmp_path: Path) -> None:
    place = ledger(tmp_path / "l", records=3)
    book = opened(place, now=NOW)
    tell(place, "rule", {"n": 1}, now=NOW)
    book.close()
    tell(place, "rule", {"n": 2}, now=NOW + 1)
    assert [one.body["n"] for one in records(place)[-2:]] == [1, 2]
    assert count(place) == 0


def test_what_makes_no_sense_is_no_record_of_its_own(tmp_path: Path) -> None:
    place = ledger(tmp_path / "l", records=3)
    book = opened(place, now=NOW)
    (place / INBOX).mkdir()
    (place / INBOX / "1.json").write_bytes(b"\xff")
    (place / INBOX / "2.json").write_bytes(b'{"kind":"opened","time":"","body":{}}')
    (place / INBOX / "3.json").symlink_to("/etc/passwd")
    assert take_in(book, now=NOW) == 2
    book.close()
    assert [one.kind for one in records(place)[-2:]] == ["note", "note"]
    assert "made no sense" in records(place)[-1].body["text"]


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ledger(tmp_path / "l", records=3)
    with pytest.raises(LedgerError, match="no kind"):
        tell(place, "opened", {}, now=NOW)
    book = opened(place, now=NOW)
    with pytest.raises(LedgerError, match="at most"):
        tell(place, "note", {"text": "x" * 20_000}, now=NOW)
    monkeypatch.setattr(inbox, "MAX_WAITING", 1)
    tell(place, "note", {}, now=NOW)
    with pytest.raises(LedgerError, match="nobody takes them in"):
        tell(place, "note", {}, now=NOW)
    book.close()
