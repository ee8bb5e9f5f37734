"""When to start again, and when to give up."""

from __future__ import annotations

from procwire.daemon.restarts import FIRST_SECONDS, LONGEST_SECONDS, MOST, WITHIN_SECONDS, Restarts


def test_each_pause_is_twice_as_long_until_it_is_given_up() -> None:
    restarts = Restarts()
    pauses = [restarts.pause(float(second)) for second in range(MOST)]
    assert pauses == [FIRST_SECONDS * 2**number for number in range(MOST - 1)] + [None]
    assert restarts.count == MOST


def test_what_lived_long_begins_anew() -> None:
    restarts = Restarts()
    for number in range(20):
        assert restarts.pause(number * (WITHIN_SECONDS + 1)) == FIRST_SECONDS
    assert FIRST_SECONDS < LONGEST_SECONDS
