"""What is remembered for faces, and how much of it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.api import book as room
from procwire.api.book import Book, is_of
from procwire.model.finding import Finding
from procwire.model.flow import Flow
from procwire.model.observation import Upgraded, table_of
from procwire.model.process import EXACT, Glimpse, Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.model.streams import Direction
from tests.api.serving import MINE, OTHERS, flow_of

FOUND = Finding(time=1, detector="x", title="t", severity="low", detail="d")


def test_what_is_told_is_offered_and_published() -> None:
    book = Book([table_of(Upgraded)])
    told: list[tuple[str, str]] = []
    book.publish = lambda table, event, _: told.append((table, event))
    open_one, over = flow_of(1), flow_of(2)
    book.active = lambda: [open_one]
    book.told("open", open_one)
    book.told("update", open_one)
    book.told("end", over)
    book.observed(over, Upgraded(time=1, side=Direction.OUT, hint="tls"))
    book.found(FOUND)
    flows, seen, found = book.offers()
    assert [row.flow.number for row in flows.rows() or ()] == [1, 2]
    assert [seen.table.column("said").get(row) for row in seen.rows() or ()] == ["hint=tls"]
    assert list(found.rows() or ()) == [FOUND]
    assert told == [("flow", "open"), ("flow", "end"), ("observation", "seen"), ("finding", "seen")]


def test_memory_is_bounded_and_what_goes_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_ENDED", "MAX_SEEN", "MAX_FOUND"):
        monkeypatch.setattr(room, name, 3)
    book = Book()
    for number in range(1, 11):
        book.told("end", flow_of(number))
        book.observed(flow_of(number), Upgraded(time=1, side=Direction.OUT, hint="tls"))
        book.found(FOUND)
    assert book.forgotten == {"flow": 7, "observation": 7, "finding": 7}
    assert [len(list(offer.rows() or ())) for offer in book.offers()] == [3, 3, 3]


def test_observations_wait_until_it_is_known_whose_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_HELD", 2)
    book = Book([table_of(Upgraded)])
    told: list[Any] = []
    book.publish = lambda table, event, row: told.append((table, getattr(row, "process", None)))
    flow, owner = flow_of(1), flow_of(1).owner
    flow.owner = None
    for early in (None, Glimpse(process=ProcessRef(pid=101, start=1, name="x"), confidence=EXACT), None):
        flow.owner = early
        book.observed(flow, Upgraded(time=1, side=Direction.OUT, hint="tls"))
    assert told == [("observation", None)]  # the third, for which there was no room
    flow.owner = owner
    book.told("open", flow)
    assert [table for table, _ in told[1:]] == ["flow", "observation", "observation"]
    assert all(process.pid == 101 for _, process in told[1:])
    book.observed(flow, Upgraded(time=1, side=Direction.OUT, hint="tls"))
    assert len(told) == 5
    rows = list(book.offers()[1].rows() or ())
    assert [row.process.pid for row in rows] == [101] * 4


def test_a_flow_is_of_who_has_an_end_of_it() -> None:
    flow = flow_of(1, uid=MINE)
    row = FlowRow(flow)
    assert [is_of(row, MINE), is_of(row, OTHERS)] == [True, False]
    own = ProcessRef(pid=1, start=1, name="a", uid=0)
    flow.owner = Owner(process=own, confidence=EXACT, peer=ProcessRef(pid=2, start=1, name="b", uid=OTHERS))
    assert [is_of(row, MINE), is_of(row, OTHERS)] == [False, True]
    assert not is_of(FlowRow(Flow()), MINE)
    (*_, found) = Book().offers()
    assert found.owned is not None
    assert not found.owned(FOUND, MINE)


def test_a_flow_between_its_end_and_the_last_word_on_it_is_not_missing() -> None:
    book = Book()
    going, ending, over = (flow_of(number) for number in range(1, 4))
    book.active, book.ending = lambda: [going], lambda: [ending]
    book.told("end", over)
    assert [row.flow.number for row in book.offers()[0].rows() or ()] == [1, 2, 3]
    book.keep = lambda row: row.flow is not ending
    assert [row.flow.number for row in book.offers()[0].rows() or ()] == [1, 3]
