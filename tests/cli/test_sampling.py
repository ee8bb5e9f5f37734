"""Samples of interfaces and of accounting on their way into a store."""

from __future__ import annotations

from typing import Any, cast

from procwire.cli.sampling import SAMPLE_SECONDS, Sampling
from procwire.engine.api import Standing
from procwire.store.keeping import Keeper


class Kept:
    def __init__(self) -> None:
        self.rows: list[tuple[str, Any]] = []

    def keep(self, table: str, rows: Any) -> None:
        self.rows += [(table, row) for row in rows]


class Answers:
    def __init__(self, *found: Any) -> None:
        self.found = list(found)

    def sample(self) -> Any:
        return self.found.pop(0)


def sampling(kept: Kept, traffic: Answers, standing: Answers | None) -> Sampling:
    return Sampling(cast(Keeper, kept), traffic.sample, lambda: cast(Standing | None, standing))


def test_each_is_taken_once_a_minute_as_soon_as_it_is_there() -> None:
    kept = Kept()
    one = sampling(kept, Answers(None, ["lo"], ["lo"]), Answers([], ["in"]))
    one.turn(10.0)
    assert kept.rows == []
    one.turn(10.2)
    assert kept.rows == [("traffic", "lo")]
    one.turn(9.0 + SAMPLE_SECONDS)
    assert len(kept.rows) == 1
    one.turn(10.3 + SAMPLE_SECONDS)
    assert kept.rows[1:] == [("accounting", "in"), ("traffic", "lo")]


def test_where_nothing_is_counted_at_sockets_interfaces_are_sampled_alone() -> None:
    kept = Kept()
    one = sampling(kept, Answers(["lo"]), None)
    one.turn(1.0)
    one.turn(2.0)
    assert kept.rows == [("traffic", "lo")]
