"""What interfaces count, and how fast."""

from __future__ import annotations

from procwire.model.traffic import TRAFFIC, row

NOW: list[object] = ["eth0", 3000, 10, 0, 1, 500, 5, 0, 0]
BEFORE: list[object] = ["eth0", 1000, 5, 0, 1, 600, 5, 0, 0]


def test_a_rate_needs_a_look_before_and_a_counter_that_was_not_set_back() -> None:
    first = row(NOW, None, 0.0)
    assert (first.rate_in, first.bytes_in, first.dropped_in) == (None, 3000, 1)
    later = row(NOW, BEFORE, 2.0)
    assert (later.rate_in, later.rate_out) == (1000.0, None)
    values = {column.name: column.get(later) for column in TRAFFIC}
    assert (values["interface"], values["rate_in"], values["missed"]) == ("eth0", 1000.0, None)
