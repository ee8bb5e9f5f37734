"""The token bucket: exact, paid when a packet leaves."""

from __future__ import annotations

from procwire.shaping.emulation.bucket import SECOND, Bucket


def test_a_wire_takes_its_time_for_every_packet() -> None:
    bucket = Bucket(8_000_000)
    times = []
    for _ in range(3):
        at = bucket.when(1000)
        assert at is not None
        bucket.pay(1000, now=at)
        times.append(at)
    assert times == [1_000_000, 2_000_000, 3_000_000]


def test_an_idle_wire_saves_nothing_and_a_bucket_its_burst() -> None:
    wire, saving = Bucket(8_000_000), Bucket(8_000_000, 2000)
    for bucket in (wire, saving):
        bucket.idle(SECOND)
    assert wire.when(1000) == SECOND + 1_000_000
    assert saving.when(2000) == SECOND
    saving.pay(2000, now=SECOND)
    assert saving.when(1000) == SECOND + 1_000_000


def test_a_lower_rate_slows_what_waits() -> None:
    bucket = Bucket(8_000_000)
    bucket.change(4_000_000, 0, now=500_000)  # half of the packet is paid
    assert bucket.when(1000) == 500_000 + 1_000_000
    bucket.change(0, 0, now=600_000)
    assert bucket.when(1000) is None


def test_an_odd_rate_is_not_rounded_away() -> None:
    bucket, at = Bucket(7_777_777), 0
    for _ in range(10_000):
        at = bucket.when(1500) or 0
        bucket.pay(1500, now=at)
    assert abs(at - 10_000 * 1500 * 8 * SECOND / 7_777_777) < 2
