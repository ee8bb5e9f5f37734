"""Sums of flows since an engine began."""

from __future__ import annotations

from procwire.api.book import Book
from procwire.api.offers import Viewer
from procwire.cli.output.groups import KEYS
from procwire.cli.summing import Sums
from tests.api.serving import flow_of


def test_ended_and_open_flows_are_counted_once_each() -> None:
    book = Book()
    sums = Sums(book)
    ended, going = flow_of(1), flow_of(2)
    sums.add(ended)
    book.active = lambda: [going]
    assert [row.flows for row in sums.rows("remote")] == [2]
    sums.ending = lambda: [flow_of(3)]
    assert [row.flows for row in sums.rows("remote")] == [3]
    sums.ending = tuple
    assert [row.flows for row in sums.rows("remote")] == [2]


def test_who_may_not_see_all_sees_no_sum() -> None:
    offers = Sums(Book()).offers()
    assert {offer.table.name for offer in offers} == {f"{by}_group" for by in KEYS}
    visible = offers[0].visible(Viewer(uid=1000))
    assert visible is not None
    assert not visible(object())
