"""Packets wait for what is said of their flows, and not for ever."""

from __future__ import annotations

from procwire.recorder.lag import FAR_BYTES, NEAR_BYTES, Lag


def test_a_batch_waits_for_its_flows_and_for_those_before() -> None:
    lag = Lag()
    lag.opened(1)
    assert lag.read(10, 1) == 0
    lag.opened(2)
    assert lag.read(20, 2) == 0
    lag.settled(2)
    assert lag.read(NEAR_BYTES + 20, 3) == 0  # the first is not decided
    lag.settled(1)
    assert lag.read(NEAR_BYTES + 20, 3) == 2
    assert lag.read(NEAR_BYTES + 21, 4) == 0  # nothing more is old enough
    assert lag.read(2 * NEAR_BYTES + 20, 5) == 3  # no flow is waited for


def test_what_is_never_decided_is_not_waited_for_long() -> None:
    lag = Lag()
    lag.opened(1)
    assert lag.read(0, 1) == 0
    assert lag.read(FAR_BYTES - 1, 2) == 0
    assert lag.read(FAR_BYTES, 3) == 1
    lag.settled(1)
    lag.settled(1)  # decided, then over
    assert lag.read(FAR_BYTES + NEAR_BYTES, 4) == 3
