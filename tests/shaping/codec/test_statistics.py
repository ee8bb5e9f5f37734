from __future__ import annotations

import struct

from hypothesis import given

from procwire.shaping.codec import statistics
from procwire.shaping.codec.attributes import attribute
from procwire.shaping.codec.statistics import NetemCounters, Statistics
from tests.shaping.codec.hostile import damaged, is_borne

DUMP = (
    attribute(1, struct.pack("=QI", 5000, 9) + bytes(4))
    + attribute(3, struct.pack("=5I", 1, 1500, 3, 4, 5))
    + attribute(8, struct.pack("=Q", 1 << 33))
    + attribute(4, struct.pack("=7Q", 1, 2, 3, 4, 5, 6, 7))
)


def test_counters_are_read() -> None:
    assert statistics.decode(DUMP) == Statistics(5000, 1 << 33, 1, 1500, 3, 4, 5)
    assert statistics.decode(b"") == Statistics()
    assert statistics.netem_counters(DUMP) == NetemCounters(1, 2, 3, 4, 5, 6, 7)
    assert statistics.netem_counters(b"") is None


@given(damaged(DUMP))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(statistics.decode, data)
    assert is_borne(statistics.netem_counters, data)
