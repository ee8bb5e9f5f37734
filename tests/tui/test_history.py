"""Rates out of counters."""

from __future__ import annotations

from procwire.tui.history import KEPT, MAX_SERIES, SECOND, History


def test_a_rate_needs_two_readings() -> None:
    history = History()
    history.feed(0, {"a": 100})
    assert history.rate("a") is None
    history.feed(2 * SECOND, {"a": 300})
    assert history.rate("a") == 100


def test_a_counter_that_begins_anew_leaves_a_hole() -> None:
    history = History()
    for now, count in enumerate((100, 200, 50, 60)):
        history.feed(now * SECOND, {"a": count})
    assert history.rates("a") == [100, None, 10]


def test_readings_of_the_same_moment_are_one() -> None:
    history = History()
    history.feed(0, {"a": 0})
    history.feed(SECOND, {"a": 5})
    history.feed(SECOND, {"a": 900})
    assert history.rates("a") == [5]


def test_it_is_bounded() -> None:
    history = History()
    for now in range(KEPT + 50):
        history.feed(now * SECOND, {"a": now})
    assert len(history.rates("a")) == KEPT
    history.feed(0, dict.fromkeys(range(MAX_SERIES + 10), 1))
    assert history.rates("a") == []


def test_it_forgets() -> None:
    history = History()
    history.feed(0, {"a": 1})
    history.feed(SECOND, {"a": 2})
    history.clear()
    assert history.rate("a") is None
