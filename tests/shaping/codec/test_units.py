from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import units


@given(st.integers(0, units.WHOLE))
def test_shares_come_back_within_one_part(value: int) -> None:
    assert abs(units.parts(units.share(value)) - value) <= (1 if value else 0)


def test_shares_are_those_of_tc() -> None:
    assert units.parts(1.0) == units.WHOLE
    assert units.parts(0.05) == 0x0CCCCCCD
    assert units.parts(1e-12) == 1  # above nothing stays above nothing


def test_ticks_are_64_ns() -> None:
    assert units.ticks(100_000_000) == 0x17D784
    assert units.ticks(65) == 2
    assert units.ticks(10**15) == units.WHOLE


def test_times_are_rounded_up() -> None:
    assert units.transmission_ns(1500, 125_000) == 12_000_000
    assert units.transmission_ns(1, 3) == 333_333_334


@given(st.integers(1, units.WHOLE), st.integers(0, 1000))
def test_rates_come_back(rate: int, overhead: int) -> None:
    assert units.rate_of(units.rate_spec(rate, overhead)) == (rate, overhead)
    assert units.rate_of(units.rate_spec(1 << 40)) == (units.WHOLE, 0)
    with pytest.raises(Exception, match="12"):
        units.rate_of(b"short")
