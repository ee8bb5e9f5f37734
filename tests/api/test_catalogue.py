"""Tables by name, filters over them, and what faces are told of both."""

from __future__ import annotations

import pytest

from procwire.api.book import Book
from procwire.api.catalogue import AskedError, Catalogue, columns_of, seen_by
from procwire.api.offers import Viewer
from procwire.model.observation import Upgraded, table_of
from procwire.model.rows import FlowRow
from procwire.model.streams import Direction
from procwire.model.tables import FLOWS
from tests.api.serving import MINE, OTHERS, flow_of

KIND = table_of(Upgraded)


@pytest.fixture
def book() -> Book:
    return Book([KIND])


@pytest.fixture
def catalogue(book: Book) -> Catalogue:
    return Catalogue(book.offers(), [KIND])


def test_a_kind_of_observations_is_a_table_of_its_own(book: Book, catalogue: Catalogue) -> None:
    book.observed(flow_of(1), Upgraded(time=1, side=Direction.OUT, hint="tls"))
    offer = catalogue.offer("upgrade", 1)
    rows = list(offer.rows() or ())
    assert [offer.table.column("hint").get(row) for row in rows] == ["tls"]
    assert [offer.table.column("pid").get(row) for row in rows] == [101]
    match = catalogue.match("hint == tls and pid == 101", catalogue.offer("observation", 1).table, 1, 0)
    assert match is not None
    assert match(rows[0])
    assert [told.name for told in catalogue.told()] == ["flow", "observation", "finding", "upgrade"]


def test_names_that_are_none_come_with_the_nearest(catalogue: Catalogue) -> None:
    for call in (
        lambda: catalogue.offer("flwo", 3),
        lambda: catalogue.kinds(["upgrad"], 3),
        lambda: columns_of(FLOWS, ["flow_idd"], 3),
        lambda: catalogue.match("pidd == 3", FLOWS, 3, 0),
    ):
        with pytest.raises(AskedError) as refused:
            call()
        assert refused.value.failed.id == 3
        assert "did you mean" in refused.value.failed.hint


def test_a_pattern_that_could_keep_an_engine_from_its_packets_is_refused(catalogue: Catalogue) -> None:
    for text in ("cmdline ~ '.*a.*b.*c'", "not (pid > 1 or exe ~ '(a|b)+.*x')"):
        with pytest.raises(AskedError, match=r"could take so long|very long") as refused:
            catalogue.match(text, FLOWS, 3, 0)
        assert refused.value.failed.code == "filter"
    assert catalogue.match("cmdline ~ '^/usr/.*curl$' and server_name ~ 'x+'", FLOWS, 3, 0) is not None


def test_filter_and_rights_hold_together(catalogue: Catalogue) -> None:
    offer = catalogue.offer("flow", 1)
    match = catalogue.match("dst_port == 443", offer.table, 1, 0)
    mine, others = FlowRow(flow_of(1, uid=MINE)), FlowRow(flow_of(2, uid=OTHERS))
    one = seen_by(match, offer, Viewer(MINE))
    assert one is not None
    assert [one(mine), one(others)] == [True, False]
    assert seen_by(None, offer, Viewer(0, all=True)) is None
    assert seen_by(match, offer, Viewer(0, all=True)) is match
    assert list(catalogue.now("none")) == []
