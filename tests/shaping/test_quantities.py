from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping import quantities as q
from procwire.shaping.failure import InvalidError


@given(st.integers(0, 10**15))
def test_spans_and_rates_come_back_to_the_last_digit(value: int) -> None:
    assert q.span(q.show_span(value), "x") == value
    assert q.rate(q.show_rate(value), "x") == value


@given(st.floats(0, 1))
def test_shares_come_back_to_the_last_digit(value: float) -> None:
    written = q.show_share(value)
    if len(written) <= q.MAX_DIGITS:
        assert q.share(written, "x") == value


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (q.span, "200ms", 200_000_000), (q.span, "0.5ms", 500_000), (q.span, "1.5 s", 1_500_000_000),
        (q.span, "10us", 10_000), (q.span, "30m", 1800 * 10**9), (q.rate, "2mbit", 2_000_000),
        (q.rate, "1.5Gbit/s", 1_500_000_000), (q.rate, "1mbyte", 8_000_000), (q.share, "0.1%", 0.001),
        (q.size, "64kb", 64_000), (q.size, "1mib", 1 << 20), (q.count, "7", 7),
    ],
)  # fmt: skip
def test_what_people_write_is_read(read: Callable[[str, str], float], text: str, value: float) -> None:
    assert read(text, "x") == value


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (q.span, "100", "with its unit"), (q.span, "0.1ns", "whole nanoseconds"), (q.share, "0.5", "percent"),
        (q.rate, "3mbps", "say mbit or mbyte"), (q.rate, "1.5bit", "whole bits"), (q.rate, "5", "its unit"),
        (q.size, "1.5", "whole bytes"), (q.count, "5%", "plain"), (q.span, "1" * 99 + "s", "number"),
        (q.span, "1.2.3s", "number"), (q.span, "", "number"), (q.span, "-5ms", "number"),
        (q.span, "1e999ms", "number"),
    ],
)  # fmt: skip
def test_what_could_mean_two_things_is_refused(
    read: Callable[[str, str], float], text: str, says: str
) -> None:
    with pytest.raises(InvalidError, match=says) as raised:
        read(text, "egress.x")
    assert raised.value.field == "egress.x"


@given(st.text(max_size=60))
def test_junk_raises_nothing_else(text: str) -> None:
    for read in (q.span, q.rate, q.share, q.size, q.count):
        try:
            assert read(text, "x") >= 0
        except InvalidError as wrong:
            told = wrong
            assert told.reason
