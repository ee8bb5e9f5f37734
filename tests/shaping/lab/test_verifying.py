"""The emulation measured with real packets."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.path import PathPlan
from procwire.shaping.impairment import Delay, Effect
from procwire.shaping.lab.verifying import through
from procwire.shaping.measure.probing import Endpoint, ProbePlan, probe
from tests.shaping.emulation.travel import MS
from tests.shaping.lab.place import needs_lab, tunnels

pytestmark = needs_lab


def test_packets_really_wait() -> None:
    plan = PathPlan(egress=Conditions(effect=Effect(delay=Delay(latency_ns=30 * MS))))
    found, path = through(plan, lambda near, far: probe(near, far, ProbePlan(count=20, interval_ns=2 * MS)))
    assert min(delay for _, delay in found["egress"].arrived) >= 30 * MS
    assert len(found["ingress"].arrived) == 20
    assert path.links["egress"].counts.passed >= 20
    assert not tunnels()


def test_what_is_raised_there_is_raised_here() -> None:
    def fail(near: Endpoint, far: Endpoint) -> None:
        raise ZeroDivisionError(near.address, far.address)

    with pytest.raises(ZeroDivisionError):
        through(PathPlan(), fail)
    assert not tunnels()
