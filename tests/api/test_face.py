"""What one face is still to be sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procwire.api.catalogue import AskedError
from procwire.api.face import MAX_ANSWERS, MAX_QUEUED, WINDOW, Face
from procwire.api.feed import Feed
from procwire.api.messages import Event, Failed, Lost, Reply, Subscribe, reply
from procwire.api.offers import Viewer
from tests.api.serving import Engine

ROOT = Viewer(0, all=True)


def a_feed() -> Feed:
    return Feed(Engine().catalogue, Subscribe(id=3, table="flow"), ROOT, 0)


def taken(face: Face) -> list[Reply]:
    found = []
    while (data := face.next()) is not None:
        face.sent(data)
        found.append(reply(data[4:]))
    return found


def test_a_full_queue_loses_events_and_says_so_before_the_next() -> None:
    face, feed = Face(1, ROOT, 0), a_feed()
    while face.tell(feed, Event(id=3, event="open", row=["x" * 10_000])):
        pass
    assert feed.lost == 1
    assert len(taken(face)) * 10_000 < MAX_QUEUED
    assert face.next() is None  # the window is full
    while face.in_flight >= WINDOW:
        face.in_flight = 0
        taken(face)
    assert face.tell(feed, Event(id=3, event="end"))
    assert [type(each) for each in taken(face)][-2:] == [Lost, Event]
    assert feed.lost == 0


def test_an_event_that_is_too_long_is_lost() -> None:
    face, feed = Face(1, ROOT, 0), a_feed()
    assert not face.tell(feed, Event(id=3, event="open", row=["x" * (1 << 21)]))
    assert feed.lost == 1


def test_answers_take_turns_and_can_be_called_off() -> None:
    def many(number: int) -> Iterator[Reply | None]:
        yield None
        yield Failed(number, "a", "")
        yield Failed(number, "b", "")

    face = Face(1, ROOT, 0)
    for number in (1, 2):
        face.ask(number, many(number))
    face.cancel(2)
    while face.step():
        pass
    assert [each.code for each in taken(face) if isinstance(each, Failed)] == ["a", "b"]
    for number in range(MAX_ANSWERS):
        face.ask(number, many(number))
    with pytest.raises(AskedError, match="answers at a time"):
        face.ask(99, many(99))
