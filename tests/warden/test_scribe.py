"""The ledger of a watch: appended to through one door, whatever the engine says or does."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.ledger.book import Book, create
from procwire.ledger.chain import read
from procwire.ledger.tree import LedgerError
from procwire.ledger.verify import Check
from procwire.sandbox.plan import OFF
from procwire.warden.line import Line, pair
from procwire.warden.messages import Append, pack
from procwire.warden.scribe import MAX_FAULTS, Pen, Scribe, start

NOW = 1_767_225_600 * 10**9


def kinds(directory: Path) -> list[str]:
    return [read(line).kind for line in (directory / "records.jsonl").read_bytes().splitlines()]


def bodies(directory: Path, kind: str) -> list[dict[str, Any]]:
    lines = (directory / "records.jsonl").read_bytes().splitlines()
    return [one.body for one in map(read, lines) if one.kind == kind]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Scribe, Line, Path]]:
    mine, its = pair()
    place = tmp_path / "ledger"
    book: Book = create(place, "test/x", hashed="sha256", now=NOW)
    made = Scribe(Line(its), book)
    line = Line(mine)
    yield made, line, place
    line.close()
    book.close()
    its.close()


def test_what_is_appended_is_signed_when_the_engine_has_gone(tmp_path: Path) -> None:
    place = tmp_path / "ledger"
    pen = start(OFF, place, "test/x")
    pen.append("finding", {"detector": "scan"})
    pen.append("rule", {"count": 3})
    pen.close()
    assert pen.lost == 0
    assert kinds(place) == ["opened", "finding", "rule", "stopped"]
    assert bodies(place, "finding") == [{"detector": "scan"}]
    found = Check(place).run()
    assert found.records == found.covered == 4
    again = start(OFF, place, "test/x")
    again.append("started", {})
    again.close()
    assert kinds(place)[4:] == ["started", "stopped"]


def test_an_engine_that_is_killed_leaves_a_signed_ledger(tmp_path: Path) -> None:
    place = tmp_path / "ledger"
    into, out = os.pipe()
    engine = os.fork()
    if not engine:
        pen = start(OFF, place, "test/x")
        pen.append("finding", {"n": 1})
        os.write(out, str(pen.pid).encode())
        signal.pause()
    scribe_pid = int(os.read(into, 16))
    os.kill(engine, signal.SIGKILL)
    os.waitpid(engine, 0)
    for end in (into, out):
        os.close(end)
    for _ in range(2000):
        if not Path(f"/proc/{scribe_pid}").exists() or kinds(place)[-1] == "stopped":
            break
        signal.sigtimedwait([], 0.005)
    assert kinds(place)[1:] == ["finding", "stopped"]


def test_only_a_few_kinds_and_no_more_than_so_many(served: tuple[Scribe, Line, Path]) -> None:
    made, line, place = served
    for message in (
        pack(Append("opened", b"{}")), pack(Append("epoch", b"{}")), pack(Append("finding", b"[1]")), b"junk",
    ):  # fmt: skip
        line.give(message)
        assert made.serve()
    assert made.faults == 4
    made._left = 2.0
    made._second += 10**6  # as if no time passed
    for _ in range(5):
        line.give(pack(Append("finding", b"{}")))
        made.serve()
    made._left = 5.0
    made.settle(last=True)
    assert bodies(place, "dropped")[0]["records"] >= 3
    assert len(bodies(place, "finding")) <= 2


def test_one_that_makes_no_sense_is_not_heard_for_long(served: tuple[Scribe, Line, Path]) -> None:
    made, line, place = served
    for _ in range(MAX_FAULTS):
        line.give(b"junk")
    made.run()
    assert bodies(place, "stopped") == [{"who": "scribe", "faults": MAX_FAULTS}]


def test_a_clock_that_was_set_is_a_record(served: tuple[Scribe, Line, Path]) -> None:
    made, _, place = served
    made._offset -= 5 * 10**9
    made.settle(last=True)
    (step,) = bodies(place, "clock-stepped")
    assert abs(step["ns"] - 5 * 10**9) < 10**9


def test_a_full_disk_is_counted_and_told(
    served: tuple[Scribe, Line, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, place = served

    def full(*_: object, **__: object) -> None:
        raise LedgerError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(made._book, "append", full)
        made._keep("finding", {"n": 1})
    made._keep("finding", {"n": 2})
    made.settle(last=True)
    assert bodies(place, "dropped") == [{"records": 1, "reason": "they could not be written"}]


def test_a_pen_never_waits() -> None:
    mine, its = pair()
    pen = Pen(0, Line(mine))
    for number in range(20_000):
        pen.append("finding", {"n": number, "text": "x" * 500})
        if pen.lost:
            break
    assert pen.lost
    its.close()
    pen.append("finding", {"n": 1})
    assert pen.lost > 1
    mine.close()


def test_a_place_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="file"):
        start(OFF, tmp_path / "file" / "x", "test/x")
    held = create(tmp_path / "held", "test/x", hashed="sha256", now=NOW)
    with pytest.raises(LedgerError, match="another process appends"):
        start(OFF, tmp_path / "held", "test/x")
    held.close()
