from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from procwire.model.flow import Flow
from procwire.model.process import EXACT, Container, Executable, Owner, ProcessRef
from procwire.model.tables import FLOWS
from procwire.store.contents import OWNERS
from procwire.store.keeping import Keeper
from procwire.store.programs import programs
from procwire.store.reason import StoreError
from procwire.store.writer import Writer


def kept(folder: Path, *owners: ProcessRef) -> Path:
    path = folder / "history.db"
    with Writer(path, (FLOWS, OWNERS), command="test") as writer:
        keeper = Keeper(writer)
        for owner in owners:
            flow = Flow()
            flow.number = owner.pid
            flow.owner = Owner(process=owner, confidence=EXACT, side="src")
            keeper.ended(flow)
        keeper.flush()
    return path


def owner(pid: int, exe: str, sha256: str = "", **more: object) -> ProcessRef:
    file = Executable(path=exe, sha256=sha256)
    return ProcessRef(pid=pid, start=1, name="x", exe=exe, executable=file, **more)  # type: ignore[arg-type]


def test_each_path_with_its_hashes_and_since_when(tmp_path: Path) -> None:
    inside = owner(4, "/usr/bin/c", container="c1", facts=Container(id="c1", image="web:1"))
    path = kept(tmp_path, owner(1, "/usr/bin/a", "aa"), owner(2, "/usr/bin/a", "aa"), owner(3, "/b"), inside)
    found, since = programs(path)
    assert sorted(found) == [("", "/b", ""), ("", "/usr/bin/a", "aa"), ("web:1", "/usr/bin/c", "")]
    assert since > 0


def test_a_store_that_knows_of_none(tmp_path: Path) -> None:
    assert programs(kept(tmp_path)) == ([], 0)
    with pytest.raises(StoreError):
        programs(tmp_path / "none.db")


def test_a_store_that_is_spoiled_is_one_that_knows_of_none(tmp_path: Path) -> None:
    path = kept(tmp_path, owner(1, "/b"))
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE process")
    assert programs(path) == ([], 0)
