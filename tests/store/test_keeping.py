"""What is told, to rows: ended flows, observations with their owner, each process once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.model.flow import Flow
from procwire.model.observation import Upgraded
from procwire.model.process import EXACT, Glimpse, Owner, ProcessRef
from procwire.model.streams import Direction
from procwire.store import keeping
from procwire.store.keeping import Keeper


class Kept:
    def __init__(self) -> None:
        self.rows: list[tuple[str, Any]] = []

    def add(self, table: str, row: Any) -> None:
        self.rows.append((table, row))

    @property
    def path(self) -> Path:
        return Path("nowhere.db")

    def flush(self, timeout: float | None = None) -> bool:
        return timeout is None

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.rows]


def flow(number: int = 1, pid: int = 0, peer: int = 0) -> Flow:
    made = Flow()
    made.number = number
    if pid:
        made.owner = owner(pid, peer)
    return made


def owner(pid: int, peer: int = 0) -> Owner:
    other = ProcessRef(pid=peer, start=1, name="peer") if peer else None
    return Owner(process=ProcessRef(pid=pid, start=1, name="a"), confidence=EXACT, peer=other)


def seen() -> Upgraded:
    return Upgraded(time=1, side=Direction.OUT, hint="tls")


def test_other_rows_are_kept_as_they_are() -> None:
    kept = Kept()
    Keeper(kept).keep("interface", ["a", "b"])
    assert kept.rows == [("interface", "a"), ("interface", "b")]


def test_a_flow_is_stored_when_it_has_ended_and_its_owners_once() -> None:
    kept = Kept()
    keeper = Keeper(kept, live=True)
    keeper.told("open", flow(1, 7))
    assert kept.rows == []
    keeper.told("end", flow(1, 7, 8))
    keeper.told("end", flow(2, 7, 8))
    assert kept.names == ["flow", "process", "process", "flow"]
    assert [row.process.name for name, row in kept.rows if name == "process"] == ["a", "peer"]


def test_live_an_observation_waits_for_its_owner() -> None:
    kept = Kept()
    keeper = Keeper(kept, live=True)
    one = flow(1)
    keeper.observed(one, seen())
    keeper.observed(one, seen())
    one.owner = Glimpse(process=ProcessRef(pid=7, start=1, name="seven"), confidence=EXACT)
    keeper.observed(one, seen())
    assert kept.rows == []
    one.owner = owner(7)
    keeper.told("open", one)
    assert [(name, row.process.name) for name, row in kept.rows] == [("upgrade", "a")] * 3
    keeper.observed(one, seen())
    assert kept.names == ["upgrade"] * 4


def test_what_belongs_to_no_flow_or_comes_from_a_file_does_not_wait() -> None:
    kept = Kept()
    Keeper(kept, live=True).observed(flow(0), seen())
    Keeper(kept).observed(flow(1), seen())
    assert kept.names == ["upgrade", "upgrade"]


def test_what_is_held_back_is_bounded_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MAX_HELD", 3)
    kept = Kept()
    keeper = Keeper(kept, live=True)
    for number in range(1, 6):
        keeper.observed(flow(number), seen())
    assert kept.names == ["upgrade"] * 2
    for number in range(1, 6):
        keeper.told("end", flow(number, 7))
    assert sorted(kept.names) == ["flow"] * 5 + ["process"] + ["upgrade"] * 5


def test_the_processes_that_are_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MAX_OWNERS", 2)
    kept = Kept()
    keeper = Keeper(kept)
    for pid in (1, 2, 3, 1):
        keeper.ended(flow(pid, pid))
    assert kept.names.count("process") == 4


def test_what_is_not_wanted_is_not_stored_and_neither_are_its_observations() -> None:
    kept = Kept()
    keeper = Keeper(kept, wanted=lambda row: row.process is not None and row.process.pid == 7)
    for pid in (7, 8):
        keeper.observed(flow(pid, pid), seen())
        keeper.ended(flow(pid, pid))
    assert kept.names == ["upgrade", "flow", "process"]
