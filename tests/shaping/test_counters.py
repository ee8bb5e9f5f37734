from __future__ import annotations

import pytest

from procwire.shaping.codec.links import Link
from procwire.shaping.counters import flow, of_part, readings, remaining_ns
from procwire.shaping.journal import Entry
from procwire.shaping.plan import Wish, receiving, sending
from procwire.shaping.spelling import effect
from tests.lab import pair
from tests.shaping.stage import HERE, datagrams, inside, needs_lab


def test_bits_a_second_between_two_readings() -> None:
    before = Link(3, "eth0", 1, received_bytes=1000, sent_bytes=5000)
    after = before._replace(received_bytes=3000, sent_bytes=4000)
    assert flow(before, after, 2.0) == (8000.0, 0.0)  # a counter that went back was set anew
    assert flow(before, after, 0.0) == (0.0, 0.0)


def test_what_is_left_is_never_less_than_nothing() -> None:
    entry = Entry(id="x", document={}, parts=(), boot="", made_ns=0, until_ns=100)
    assert (remaining_ns(entry, 40), remaining_ns(entry, 500)) == (60, 0)


@pytest.mark.kernel
@needs_lab
def test_counters_are_those_of_our_trees() -> None:
    wish = Wish(effect=effect({"rate": "80mbit"}))
    with pair() as (_, left, right), inside(left) as entered:
        sent = sending(entered.standing(), wish, HERE)
        received = receiving(entered.standing(), None, Wish(effect=wish.effect, sent=False), HERE)
        assert of_part(entered.kernel, sent) is None
        assert of_part(entered.kernel, received) is None
        for step in (*sent.steps, *received.steps):
            entered.kernel.do(step)
        datagrams(left, ("10.77.0.2", 9), 3)
        datagrams(right, ("10.77.0.1", 9), 2)
        for part, least in ((sent, 3), (received, 2)):
            counted = of_part(entered.kernel, part)
            assert counted is not None
            assert counted.packets + counted.queued >= least
        (eth0,) = [each for each in readings(entered.kernel) if each.link.name == "eth0"]
        assert (eth0.kind, eth0.is_ours) == ("tbf", True)
