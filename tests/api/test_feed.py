"""Which events a subscription is told, with which cells."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.api.catalogue import AskedError
from procwire.api.feed import LEAST_SECONDS, Feed
from procwire.api.messages import Event, Subscribe
from procwire.api.offers import Viewer
from procwire.model.observation import Announced, Upgraded, table_of
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow
from procwire.model.streams import Direction
from tests.api.serving import MINE, OTHERS, Engine, flow_of

KINDS = [table_of(Upgraded), table_of(Announced)]
ROOT = Viewer(0, all=True)


def feed_of(asked: Subscribe, viewer: Viewer = ROOT, engine: Engine | None = None) -> Feed:
    return Feed((engine or Engine(KINDS)).catalogue, asked, viewer, 0)


def seen(flow_number: int = 1) -> ObservationRow:
    return ObservationRow(flow_of(flow_number), Upgraded(time=5, side=Direction.IN, hint="tls"))


def test_rights_and_filter_are_looked_at() -> None:
    feed = feed_of(Subscribe(id=1, table="flow", filter="dst_port == 443", columns=("pid",)), Viewer(MINE))
    rows = [FlowRow(flow_of(1, uid=MINE)), FlowRow(flow_of(2, uid=OTHERS))]
    told = [feed.see("flow", "open", row) for row in rows]
    assert [each.row if each else None for each in told] == [[101], None]
    assert feed.see("finding", "seen", object()) is None


def test_observations_by_kind_have_their_own_columns() -> None:
    some = feed_of(Subscribe(id=1, table="observation", kinds=("upgrade",)))
    event = some.see("observation", "seen", seen())
    assert event is not None
    assert (event.table, event.event) == ("upgrade", "seen")
    assert dict(zip(some.columns()["upgrade"], event.row, strict=True))["hint"] == "tls"
    others = feed_of(Subscribe(id=1, table="observation", kinds=("announced",)))
    assert others.see("observation", "seen", seen()) is None
    one = feed_of(Subscribe(id=1, table="upgrade", columns=("hint", "side")))
    event = one.see("observation", "seen", seen())
    assert event is not None
    assert event.row == ["tls", "in"]
    mixed = feed_of(Subscribe(id=1, table="observation", columns=("table", "said")))
    event = mixed.see("observation", "seen", seen())
    assert event is not None
    assert event.row == ["upgrade", "hint=tls"]


def test_a_snapshot_says_when_it_is_over_and_updates_when_they_are_due() -> None:
    engine = Engine()
    over = flow_of(2)
    over.ended = "fin"
    engine.flows = [flow_of(1), over]
    feed = feed_of(Subscribe(id=1, table="flow", columns=("pid",), every=0.1, snapshot=True), engine=engine)
    events = [each for each in feed.snapshot() if isinstance(each, Event)]
    assert [(each.event, each.row) for each in events] == [("open", [101]), ("end", [102]), ("now", [])]
    feed.begin(10.0)
    assert [feed.due(10.0), feed.due(10.0 + LEAST_SECONDS)] == [False, True]
    wall = engine.flows[0].last
    assert [each.row for each in feed.update(11.0, wall) if isinstance(each, Event)] == [[101]]
    assert not [each for each in feed.update(12.0, wall) if isinstance(each, Event)]


def test_flows_are_told_of_on_when_the_clock_was_set_back() -> None:
    engine = Engine()
    engine.flows = [flow_of(9)]
    feed = feed_of(Subscribe(id=1, table="flow", columns=("pid",), every=0.1), engine=engine)
    wall = engine.flows[0].last

    def told(now: float, wall: int) -> list[Any]:
        return [each.row for each in feed.update(now, wall) if isinstance(each, Event)]

    assert told(1.0, wall) == [[109]]
    engine.flows = [flow_of(3)]  # packets of before, by the clock
    assert told(2.0, wall) == []
    assert told(3.0, flow_of(2).last) == [[103]]
    assert told(4.0, flow_of(4).last) == []


@pytest.mark.parametrize(
    "asked",
    [
        Subscribe(id=1, table="health"),
        Subscribe(id=1, table="finding", every=1.0),
        Subscribe(id=1, table="flow", kinds=("upgrade",)),
        Subscribe(id=1, table="observation", kinds=("nothing",)),
        Subscribe(id=1, table="flow", columns=("nothing",)),
    ],
    ids=lambda asked: asked.table,
)
def test_what_makes_no_sense_is_refused(asked: Subscribe) -> None:
    with pytest.raises(AskedError):
        feed_of(asked)
