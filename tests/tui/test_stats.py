"""Percentiles, outcomes and names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.tui import stats
from tests.tui.fake import TABLES, record

ROWS = [record("http", number) for number in range(60)]


@given(st.lists(st.integers(0, 10**9), min_size=1), st.sampled_from(stats.SHARES))
def test_a_percentile_is_reached_by_its_share_and_no_more(values: list[int], share: float) -> None:
    values.sort()
    found = stats.percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values) + 1e-9 or found == values[0]


def test_sums_of_http() -> None:
    found = stats.of(TABLES["http"], ROWS)
    assert (found.rows, found.measured, found.latency) == (60, 60, "latency")
    assert dict(found.percentiles)[0.5] == 30_000_000
    assert found.outcomes[0] == ("status", ((200, 57), (500, 3)))
    assert found.names[0][0] == "host"


def test_no_answer_gives_no_percentile() -> None:
    assert stats.of(TABLES["http"], [{"latency": None}]).percentiles == ()
    assert stats.of(TABLES["http"], []).rows == 0


def test_only_columns_that_are_there_are_asked_for() -> None:
    names = stats.columns_for(TABLES["http"])
    assert "latency" in names
    assert set(names) <= {column.name for column in TABLES["http"]}
