from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec
import pytest

from procwire.ledger import inbox
from procwire.ledger.book import create
from procwire.ledger.chain import read
from procwire.shaping import journal, recording
from procwire.shaping.journal import Journal
from procwire.shaping.keeper import Keeper
from procwire.shaping.recording import Recording, usual, who
from procwire.shaping.requests import Applied, Apply, Confirm, Restore
from tests.shaping.stage import entry

OWN = "/proc/self/ns/net"


def ledger(place: Path) -> str:
    create(place, "test/one", hashed="sha256", now=time.time_ns()).close()
    return str(place)


def told(place: str) -> list[tuple[str, str]]:
    lines = Path(place, recording.RECORDS).read_bytes().splitlines()
    records = [read(line) for line in lines]
    return [(each.body["what"], each.body.get("why", "")) for each in records if each.kind == "shaped"]


def here(place: str) -> journal.Entry:
    return msgspec.structs.replace(
        entry(OWN, Path(OWN).stat().st_ino), ledger=place, document={"target": "eth0"}, by=who({})
    )


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces are entered by root")
def test_every_way_that_it_begins_and_ends_stands_in_the_ledger(tmp_path: Path) -> None:
    place = ledger(tmp_path / "ledger")
    keeper = Keeper(Journal(tmp_path / "shaping"))
    first, second, third = here(place), here(place), here("")
    assert isinstance(keeper.answer(Apply(first)), Applied)
    keeper.answer(Apply(first))
    keeper.answer(Confirm(first.id))
    keeper.answer(Restore(first.id))
    keeper.answer(Apply(third))  # which nobody is told of
    keeper.answer(Apply(second))
    keeper.holds[second.id].is_over = True
    keeper.end_what_is_due()
    assert keeper.recording.settle() == ""
    assert told(place) == [
        ("shaped", ""), ("changed", ""), ("confirmed", ""),
        ("put-back", "it was asked for"), ("shaped", ""),
        ("put-back", "its owner or target has ended"),
    ]  # fmt: skip
    keeper.end_all()


def test_what_cannot_be_told_waits_and_what_is_too_much_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MAX_WAITING", 2)
    made, place = Recording(), tmp_path / "ledger"
    for what in ("one", "two", "three"):
        made.note(here(str(place)), what)
    assert "ledger" in made.settle()
    assert made.lost == 1
    ledger(place)
    assert made.settle() == ""
    assert [what for what, _ in told(str(place))] == ["two", "three"]
    assert made.lost == 0
    assert inbox.count(place) == 0


def test_who_asks_and_whose_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert who({"SUDO_USER": "eve"}) == {"uid": os.getuid(), "pid": os.getpid(), "sudo_user": "eve"}
    monkeypatch.setattr(recording, "state_directory", lambda: tmp_path)
    assert usual() == ""
    ledger(tmp_path / "ledger")
    assert usual() == str(tmp_path / "ledger")
