"""A scenario on an emulated path."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.path import Path, PathPlan
from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Impairment
from procwire.shaping.scenario.emulated import Emulated
from procwire.shaping.scenario.plan import Meant
from tests.shaping.emulation.travel import packet
from tests.shaping.scenario.scenes import COMMAND, ETH0, MS, both


def test_it_sets_clears_and_measures() -> None:
    usual = both(5).egress
    assert usual is not None
    path = Path(PathPlan(egress=Conditions(effect=usual)), now=0)
    hands = Emulated(path)
    made = both(20)
    hands.set(Meant(COMMAND), Impairment(target=COMMAND, egress=made.egress, ingress=made.ingress), 0)
    path.offer("egress", packet(), now=0)
    path.offer("ingress", packet(), now=0)
    assert path.due() == 20 * MS
    for way in path.links.values():
        way.collect(now=20 * MS)
    hands.link(Meant(COMMAND), False, 20 * MS)
    path.offer("egress", packet(), now=20 * MS)
    sample = hands.sample(COMMAND, 21 * MS)
    assert sample is not None
    assert (sample.tried, sample.lost, sample.waits) == (3, 1, ((1, 20 * MS), (1, 20 * MS)))
    hands.link(Meant(COMMAND), True, 22 * MS)
    hands.clear(Meant(COMMAND), 23 * MS)
    assert path.plan == PathPlan(egress=Conditions(effect=usual))


def test_there_is_no_other_target() -> None:
    hands = Emulated(Path(PathPlan(), now=0))
    assert hands.sample(ETH0, 0) is None
    with pytest.raises(ShapingError, match="eth0"):
        hands.clear(Meant(ETH0), 0)
