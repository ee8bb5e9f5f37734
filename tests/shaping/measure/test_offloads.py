"""Offloads of real interfaces."""

from __future__ import annotations

from procwire.shaping.measure.offloads import offloads
from tests.lab import pair
from tests.shaping.lab.place import needs_lab


@needs_lab
def test_a_veth_says_what_is_on() -> None:
    with pair() as (_, left, _right):
        on = left.inside(lambda: offloads("eth0"))
    assert {"tso", "gso"} <= set(on)


def test_an_interface_that_is_not_there_says_nothing() -> None:
    assert offloads("nosuch0") == []
