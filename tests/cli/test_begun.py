"""What flows said first, offered to faces."""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import pytest

from procwire.api.book import Book
from procwire.cli import begun as room
from procwire.cli import daemon
from procwire.decrypt import beginnings
from tests.api.serving import MINE, OTHERS, flow_of

SINK: Any = SimpleNamespace(data=lambda *_: 0, gap=lambda *_: 0, ended=lambda *_: None)


def test_nothing_is_kept_unless_it_is_asked_for() -> None:
    parser = argparse.ArgumentParser()
    daemon.add(parser.add_subparsers())
    assert parser.parse_args(["daemon"]).beginnings is False
    begun = room.Begun(Book())
    assert (list(begun.offer().rows() or ()), list(begun.health())) == ([], [])
    assert begun.offer().reasons() == ()


def test_flows_that_faces_know_have_beginnings() -> None:
    book = Book()
    begun = room.Begun(book)
    sink = begun.tap(None, SINK)
    going, over, hidden, silent = (flow_of(number) for number in range(1, 5))
    book.active = lambda: [going, hidden, silent]
    book.keep = lambda row: row.flow is not hidden
    book.told("end", over)
    for flow in (going, over, hidden):
        sink.data(flow, 0, b"hello", 1)
    offer = begun.offer()
    rows = list(offer.rows() or ())
    assert [row.flow.number for row in rows] == [1, 2]
    assert offer.owned is not None
    assert offer.owned(rows[0], MINE)
    assert not offer.owned(rows[0], OTHERS)
    (health,) = begun.health()
    assert health.amount == sink.held
    assert "of 3 flows; 0 older" in health.detail


def test_what_made_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginnings, "MAX_BYTES", 2_000)
    begun = room.Begun(Book())
    sink = begun.tap(None, SINK)
    for number in range(1, 9):
        sink.data(flow_of(number), 0, b"x" * 500, 1)
    (why,) = begun.offer().reasons()
    assert f"{sink.evicted} older flows made room" in why
    assert sink.evicted > 0
