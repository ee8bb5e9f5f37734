"""Conditions: what is refused, queues that are chosen, bytes on the wire."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.codel import CodelPlan
from procwire.shaping.emulation.conditions import LEAST_QUEUE, Conditions, Correlations, Outage, wire_bytes
from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Delay, Effect, Rate


def test_what_contradicts_itself_is_refused() -> None:
    with pytest.raises(InvalidError, match="trace"):
        Conditions(effect=Effect(rate=Rate(bits=1000)), trace=(1,))
    with pytest.raises(InvalidError, match="codel"):
        Conditions(codel=CodelPlan())
    with pytest.raises(InvalidError, match="outage"):
        Outage(up_ns=0, down_ns=1)
    with pytest.raises(InvalidError, match="loss"):
        Correlations(loss=1.0)


def test_a_queue_is_chosen_from_rate_and_delay() -> None:
    rate = Rate(bits=12_000_000)  # 1,000 packets of 1,500 bytes a second
    assert Conditions(effect=Effect(rate=rate)).queue_packets == 250
    assert Conditions(effect=Effect(rate=rate, delay=Delay(latency_ns=10**9))).queue_packets == 2000
    assert Conditions(effect=Effect(rate=rate, queue_packets=7)).queue_packets == 7
    assert Conditions(effect=Effect(rate=Rate(bits=1000))).queue_packets == LEAST_QUEUE
    assert Conditions().queue_packets == 0


def test_bytes_on_the_wire_are_counted_as_netem_does() -> None:
    assert wire_bytes(None, 100) == 100
    assert wire_bytes(Rate(bits=8000, overhead=14), 100) == 114
    assert wire_bytes(Rate(bits=8000, overhead=-200), 100) == 0
    assert wire_bytes(Rate(bits=8000, cell_bytes=48, cell_overhead=5), 97) == 3 * 53


def test_an_outage_knows_its_share() -> None:
    assert Outage(up_ns=9, down_ns=1).share == pytest.approx(0.1)
