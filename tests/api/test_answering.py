"""Answers in steps: parts of bounded size, places to pause, the right order."""

from __future__ import annotations

from itertools import permutations

import pytest

from procwire.api import answering
from procwire.api.catalogue import Catalogue
from procwire.api.messages import AskFlow, AskRows, Failed, Rows, Whole
from procwire.api.offers import Offer, Viewer
from procwire.model.observation import Upgraded, table_of
from procwire.model.rows import FlowRow
from procwire.model.streams import Direction
from procwire.model.tables import FLOWS
from tests.api.serving import MINE, OTHERS, Engine, flow_of

ROOT = Viewer(0, all=True)


def told(catalogue: Catalogue, asked: AskRows, viewer: Viewer = ROOT) -> list[Rows]:
    found = [part for part in answering.rows(catalogue, asked, viewer, 0) if part is not None]
    assert all(isinstance(part, Rows) for part in found)
    return [part for part in found if isinstance(part, Rows)]


def test_many_rows_come_in_parts_with_places_to_pause() -> None:
    engine = Engine()
    engine.flows = [flow_of(number) for number in range(1, 501)]
    asked = AskRows(id=9, table="flow", columns=("pid",), limit=400)
    steps = list(answering.rows(engine.catalogue, asked, ROOT, 0))
    parts = [step for step in steps if isinstance(step, Rows)]
    assert sum(step is None for step in steps) >= 7
    assert max(len(part.rows) for part in parts) <= answering.PART_ROWS
    assert sum(len(part.rows) for part in parts) == 400
    assert (parts[-1].total, parts[-1].last) == (500, True)


def test_rows_of_others_are_not_there() -> None:
    engine = Engine()
    engine.flows = [flow_of(1, uid=MINE), flow_of(2, uid=OTHERS), flow_of(3, uid=MINE)]
    parts = told(engine.catalogue, AskRows(id=1, table="flow", columns=("pid",)), Viewer(MINE))
    assert [part.rows for part in parts] == [[[101], [103]], []]
    assert parts[-1].total == 2


def test_order_is_by_each_column_and_the_unknown_is_last() -> None:
    flows = [flow_of(1, bytes_out=5), flow_of(2, bytes_out=9), flow_of(3, bytes_out=5), flow_of(4)]
    flows[3].owner = None
    for some in permutations(flows):
        engine = Engine()
        engine.flows = list(some)
        asked = AskRows(id=1, table="flow", columns=("pid",), order=("-bytes_out", "pid"))
        assert told(engine.catalogue, asked)[0].rows == [[None], [102], [101], [103]]
        asked = AskRows(id=1, table="flow", columns=("pid",), order=("-pid",))
        assert told(engine.catalogue, asked)[0].rows == [[103], [102], [101], [None]]


def test_what_is_being_fetched_is_waited_for_and_losses_are_told() -> None:
    ready: list[bool] = []
    offer = Offer(
        table=FLOWS, rows=lambda: [FlowRow(flow_of(1))] if ready else None, reasons=lambda: ("3 lost",)
    )
    answer = answering.rows(Catalogue([offer]), AskRows(id=1, table="flow"), ROOT, 0)
    assert [next(answer), next(answer)] == [None, None]
    ready.append(True)
    last = [part for part in answer if part is not None][-1]
    assert isinstance(last, Rows)
    assert (last.total, last.complete, last.reasons) == (1, False, ("3 lost",))


def test_more_than_can_be_ordered_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "MAX_MATCHES", 2)
    engine = Engine()
    engine.flows = [flow_of(number) for number in range(1, 5)]
    last = told(engine.catalogue, AskRows(id=1, table="flow", order=("pid",)))[-1]
    assert last.reasons == ("only 2 of 4 rows were put in order",)


def test_a_flow_with_what_was_seen_in_it() -> None:
    kind = table_of(Upgraded)
    engine = Engine([kind])
    one, other = flow_of(1), flow_of(2)
    engine.flows = [one, other]
    for flow in (one, other, one):
        engine.book.observed(flow, Upgraded(time=1, side=Direction.OUT, hint="tls"))
    found = [part for part in answering.flow(engine.catalogue, AskFlow(1, one.flow_id), ROOT) if part]
    assert isinstance(found[0], Whole)
    assert [seen["hint"] for seen in found[0].observations] == ["tls", "tls"]
    assert found[0].observations[0]["table"] == "upgrade"
    hidden = [
        part for part in answering.flow(engine.catalogue, AskFlow(1, one.flow_id), Viewer(OTHERS)) if part
    ]
    assert isinstance(hidden[0], Failed)


def test_tables_come_in_parts() -> None:
    parts = list(answering.tables(Engine().catalogue, 4))
    assert parts
    assert getattr(parts[-1], "last", False)
