"""Clocks are read, and a step shows."""

from __future__ import annotations

import msgspec

from procwire.recorder import clocks


def test_a_reading_and_a_step() -> None:
    first = clocks.read()
    assert first.realtime_ns > first.boottime_ns > 0
    assert abs(clocks.stepped_ns(first)) < 10**9
    set_back = msgspec.structs.replace(first, realtime_ns=first.realtime_ns + 5 * 10**9)
    assert -6 * 10**9 < clocks.stepped_ns(set_back) < -4 * 10**9
    assert first.synchronised in (True, False, None)
