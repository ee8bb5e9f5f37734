from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import tbf
from procwire.shaping.codec.attributes import CodecError, attributes
from procwire.shaping.codec.tbf import Tbf
from tests.shaping.codec.hostile import damaged, is_borne

TC = "2800010003010000ffff000048e8010000000000000000000000000002530000389c1c0000000000"  # tc 6.1
SAMPLE = Tbf(rate=125_000, burst=15_000, limit=21_250)


@given(st.integers(1, 10**12), st.integers(1, 10**7), st.integers(0, 2**32 - 1), st.integers(0, 1000))
def test_an_object_comes_back(rate: int, burst: int, limit: int, overhead: int) -> None:
    wanted = Tbf(rate=rate, burst=burst, limit=limit, overhead=overhead)
    assert tbf.decode(tbf.encode(wanted)) == wanted
    peaked = Tbf(rate=rate, burst=burst, limit=limit, peak=rate + 1, peak_burst=1500)
    assert tbf.decode(tbf.encode(peaked)) == peaked


def test_the_parameters_are_those_of_tc() -> None:
    """A burst written as bytes or microseconds instead of ticks was 125 times wrong elsewhere."""
    assert attributes(tbf.encode(SAMPLE))[1] == bytes.fromhex(TC)[4:]
    assert tbf.decode(bytes.fromhex(TC)).burst == 15_000


def test_what_makes_no_bucket_is_refused() -> None:
    for wrong in (
        Tbf(rate=0, burst=1, limit=1),
        Tbf(rate=1, burst=0, limit=1),
        Tbf(rate=5, burst=1, limit=1, peak=5),
    ):
        with pytest.raises(CodecError):
            tbf.encode(wrong)
    with pytest.raises(CodecError):
        tbf.decode(b"")


@given(damaged(tbf.encode(SAMPLE)))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(tbf.decode, data)
