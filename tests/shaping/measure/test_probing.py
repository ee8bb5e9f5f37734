"""Probes over a wire between two namespaces."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from procwire.shaping.failure import ShapingError
from procwire.shaping.lab import namespaces
from procwire.shaping.measure.probing import Endpoint, ProbePlan, _speed, goodput, probe
from tests.lab import pair
from tests.shaping.lab.place import needs_lab

pytestmark = needs_lab


@pytest.fixture(scope="module")
def ends() -> Iterator[tuple[Endpoint, Endpoint]]:
    with pair() as (_, left, right):
        first, second = (namespaces.opened(host.name) for host in (left, right))
        yield Endpoint(first, "10.77.0.1"), Endpoint(second, "10.77.0.2")
        os.close(first)
        os.close(second)


def test_every_probe_arrives_in_order_on_a_wire(ends: tuple[Endpoint, Endpoint]) -> None:
    found = probe(*ends, ProbePlan(count=50, interval_ns=1_000_000))
    for one in found.values():
        assert one.sent == 50
        assert [number for number, _ in one.arrived] == list(range(50))
        assert all(0 <= delay < 10**9 for _, delay in one.arrived)


def test_probes_nobody_can_have(ends: tuple[Endpoint, Endpoint]) -> None:
    near, far = ends
    with pytest.raises(ShapingError, match="203"):
        probe(Endpoint(near.namespace, "203.0.113.1"), far, ProbePlan(count=1, interval_ns=1))
    with pytest.raises(ShapingError, match="1 to"):
        probe(near, far, ProbePlan(count=0, interval_ns=1))


def test_a_stream_has_a_speed(ends: tuple[Endpoint, Endpoint]) -> None:
    assert min(goodput(*ends, 1.0)) > 100_000


def test_what_a_gap_kept_back_does_not_make_a_stream_faster() -> None:
    steady = [(each / 10, 1000) for each in range(11)]
    assert _speed(steady) == pytest.approx(80_000)
    assert _speed([(0.0, 9000), *steady[1:]]) == pytest.approx(80_000)  # it had come before
    assert (_speed([]), _speed([(1.0, 5)]), _speed([(1.0, 5), (1.0, 5)])) == (0.0, 0.0, 0.0)
