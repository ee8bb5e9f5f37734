"""Both directions, what passes by, and new conditions."""

from __future__ import annotations

from dataclasses import replace

from procwire.shaping.emulation.codel import CodelPlan
from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.path import Path, PathPlan
from procwire.shaping.impairment import Delay, Effect, Impairment, Rate
from procwire.shaping.selection import selector
from procwire.shaping.target import Target
from tests.shaping.emulation.travel import MS, packet

SLOW = Conditions(effect=Effect(delay=Delay(latency_ns=10 * MS)))
COMMAND = Target(kind="command")


def test_each_direction_has_its_own_conditions() -> None:
    path = Path(PathPlan(egress=SLOW), now=0)
    path.offer("egress", packet(1), now=0)
    path.offer("ingress", packet(2), now=0)
    assert path.collect("ingress", now=0) == [packet(2)]
    assert path.collect("egress", now=0) == []
    assert path.due() == 10 * MS
    assert path.collect("egress", now=10 * MS) == [packet(1)]
    assert path.due() is None


def test_what_is_not_meant_passes_at_once() -> None:
    path = Path(PathPlan(egress=SLOW, exempt=(selector("port=9"),)), now=0)
    path.offer("egress", packet(1), now=0)
    assert path.collect("egress", now=0) == [packet(1)]
    assert path.bypassed == 1


def test_an_impairment_takes_the_place_of_the_effects() -> None:
    plan = PathPlan(egress=Conditions(trace=(1, 2)), ingress=SLOW)
    rate = Effect(rate=Rate(bits=1000))
    other = plan.with_effects(Impairment(target=COMMAND, egress=rate))
    assert other.egress == Conditions(effect=rate)
    assert other.ingress == Conditions()
    lossless = plan.with_effects(Impairment(target=COMMAND, ingress=Effect(duplicate=0.1)))
    assert lossless.egress.trace == (1, 2)


def test_codel_goes_with_the_bottleneck() -> None:
    narrow = PathPlan(egress=Conditions(effect=Effect(rate=Rate(bits=1000)), codel=CodelPlan()))
    assert narrow.with_effects(Impairment(target=COMMAND, egress=Effect())).egress.codel is None


def test_a_path_that_is_down_drops_both_ways() -> None:
    plan = PathPlan()
    path = Path(plan.with_link(up=False), now=0)
    for way in path.links:
        path.links[way].offer(packet(), now=0)
        assert path.links[way].counts.outage_drops == 1
    path.change(replace(plan, exempt=(selector("port=1"),)), now=1)
    path.offer("egress", packet(), now=1)
    assert path.collect("egress", now=1) == [packet()]


def test_what_is_held_at_the_end_is_counted() -> None:
    path = Path(PathPlan(egress=SLOW, ingress=SLOW), now=0)
    path.offer("egress", packet(), now=0)
    path.offer("ingress", packet(), now=0)
    path.clear()
    assert [link.counts.cleared for link in path.links.values()] == [1, 1]
