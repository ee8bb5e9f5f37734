"""When and how often."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from procwire.alerts import policy
from tests.alerts.samples import FINDING, SECOND


def test_what_counts_as_the_same() -> None:
    other = {"time": 5, "detail": "another sentence", "pid": 1, "source": "10.9.9.9", "score": 0.1}
    assert policy.same(FINDING) == policy.same(msgspec.structs.replace(FINDING, **other))
    for name, value in (
        ("detector", "x"),
        ("exe", "/bin/x"),
        ("target", "x"),
        ("port", 1),
        ("container", "x"),
    ):
        assert policy.same(FINDING) != policy.same(msgspec.structs.replace(FINDING, **{name: value})), name
    assert policy.same(msgspec.structs.replace(FINDING, target="\ud800"))


@given(st.integers(0, 1 << 30), st.floats(0, 1))
def test_waits_are_bounded_and_jittered_from_zero(attempts: int, draw: float) -> None:
    assert 0 <= policy.wait(attempts, draw) <= policy.LONGEST_WAIT_NS


def test_waits_double() -> None:
    assert [policy.wait(n, 1.0) // SECOND for n in (1, 2, 3, 4, 99)] == [1, 2, 4, 8, 300]


def test_breaker_opens_then_tries_one_then_closes() -> None:
    breaker = policy.Breaker()
    for _ in range(policy.BREAKER_FAILURES):
        assert breaker.allows(0) == -1
        breaker.failed(0)
    assert breaker.allows(policy.REST_NS - 1) == 0
    assert breaker.allows(policy.REST_NS) == 1
    breaker.failed(policy.REST_NS)
    assert breaker.allows(2 * policy.REST_NS) == 0
    assert breaker.allows(3 * policy.REST_NS) == 1
    breaker.worked()
    assert breaker.allows(0) == -1


def test_a_clock_set_back_does_not_keep_a_breaker_open() -> None:
    breaker = policy.Breaker()
    for _ in range(policy.BREAKER_FAILURES):
        breaker.failed(10_000 * SECOND)
    assert breaker.allows(5 * SECOND) == 1


def test_rate_keeps_room_for_what_is_critical() -> None:
    rate = policy.Rate(2, 60 * SECOND)
    assert [rate.allows("high", 5) for _ in range(3)] == [True, True, False]
    assert rate.allows("critical", 5)
    assert rate.allows("high", 5 + 60 * SECOND)
    assert rate.allows("high", 1)  # a clock set back begins a new minute
