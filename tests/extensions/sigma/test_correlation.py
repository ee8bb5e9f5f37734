"""Correlations find what they say in windows, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.detect.fields import PROOF_TIME
from procwire.extensions.sigma.correlation import Correlating, Correlation
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import meant
from procwire.hunting.wall import Wall
from tests.detect.test_rule import TABLES
from tests.extensions.sigma.sigma import rule

FIRST = meant(rule({"selection": {"Image|endswith": "/curl"}}, name="first", id=""), TABLES)
SECOND = meant(rule({"selection": {"Image|endswith": "/sh"}}, name="second", id=""), TABLES)
FLOWS = meant(
    rule({"selection": {"DestinationPort": 22}}, {"category": "network_connection"}, name="flows", id=""),
    TABLES,
)
CURL: dict[str, Any] = {"action": "exec", "exe": "/bin/curl", "user": "a", "cmdline": "x"}
SH = CURL | {"exe": "/bin/sh"}
ONE_RULE: dict[str, Any] = {
    "type": "event_count",
    "group-by": ["User"],
    "timespan": "5m",
    "condition": {"gte": 3},
}


def made(said: dict[str, Any], *rules: Any) -> Correlation:
    return Correlating(said, rules or (FIRST,), TABLES).made()


def found(said: dict[str, Any], rows: list[dict[str, Any]], *rules: Any) -> int:
    with Wall(TABLES) as wall:
        query = made(said, *rules)
        wall.check(query.sql)
        return wall.answers(query.sql, {"process_event": rows})


def test_so_many_events() -> None:
    assert made(ONE_RULE).seconds == 300
    assert made(ONE_RULE).keys == ("user",)
    assert found(ONE_RULE, [CURL] * 3 + [SH]) == 1
    assert found(ONE_RULE, [CURL] * 2 + [CURL | {"user": "b"}]) == 0
    assert found(ONE_RULE | {"group-by": [], "condition": {"gt": 2, "lt": 4}}, [CURL] * 3) == 1
    assert found(ONE_RULE | {"group-by": [], "condition": {"gt": 2, "lt": 4}}, [CURL] * 4) == 0


def test_so_many_values() -> None:
    said = ONE_RULE | {"type": "value_count", "condition": {"gte": 2, "field": "CommandLine"}}
    assert found(said, [CURL, CURL | {"cmdline": "y"}]) == 1
    assert found(said, [CURL] * 5) == 0


def test_together_and_in_order() -> None:
    said = {"type": "temporal", "group-by": ["User"], "timespan": "1h"}
    assert found(said, [SH, CURL], FIRST, SECOND) == 1
    assert found(said, [SH, CURL | {"user": "b"}], FIRST, SECOND) == 0
    ordered = said | {"type": "temporal_ordered"}
    assert found(ordered, [CURL, SH], FIRST, SECOND) == 1
    assert found(ordered, [SH, CURL], FIRST, SECOND) == 0
    three = (FIRST, SECOND, FIRST)
    assert found(ordered, [CURL, SH, CURL], *three) == 1
    assert found(ordered, [CURL, CURL, SH], *three) == 0


def test_aliases_join_fields_of_two_tables() -> None:
    said = {
        "type": "temporal", "group-by": ["program"], "timespan": "1d",
        "aliases": {"program": {"first": "Image", "flows": "Image"}},
    }  # fmt: skip
    query = made(said, FIRST, FLOWS)
    with Wall(TABLES) as wall:
        rows = {"process_event": [CURL], "flow": [{"exe": "/bin/curl", "dst_port": 22, "flow_id": "f"}]}
        assert wall.answers(query.sql, rows) == 1


@pytest.mark.parametrize(
    ("condition", "rows", "finds"),
    [
        ({"gte": 1}, [CURL], 1), ({"gte": 2}, [CURL], 0), ({"eq": 2}, [CURL, SH], 1), ({"lt": 2}, [SH], 1),
        ("first and second", [CURL], 0), ("first or second", [CURL], 1), ("first AND second", [SH, CURL], 1),
        ("first and not second", [CURL], 1), ("first and not second", [CURL, SH], 0), ("1 of them", [SH], 1),
    ],
)  # fmt: skip
def test_temporal_with_a_condition(condition: Any, rows: list[dict[str, Any]], finds: int) -> None:
    said = {"type": "temporal", "group-by": ["User"], "timespan": "1h", "condition": condition}
    assert found(said, rows, FIRST, SECOND) == finds


def test_order_with_a_condition_that_asks_for_all() -> None:
    said = {"type": "temporal_ordered", "group-by": ["User"], "timespan": "1h"}
    for condition in ({"gte": 2}, {"eq": 2}, {"gt": 1}, "first and second"):
        assert found(said | {"condition": condition}, [CURL, SH], FIRST, SECOND) == 1
        assert found(said | {"condition": condition}, [SH, CURL], FIRST, SECOND) == 0


def test_sums_averages_and_medians() -> None:
    pids = [CURL | {"pid": pid} for pid in (1, 2, 30)]
    for kind, edge in (("value_sum", 33), ("value_avg", 11), ("value_median", 2)):
        said = ONE_RULE | {"type": kind, "condition": {"gte": edge, "field": "ProcessId"}}
        assert found(said, pids) == 1, kind
        assert found(said | {"condition": {"gt": edge, "field": "ProcessId"}}, pids) == 0, kind
    even = [CURL | {"pid": pid} for pid in (4, 1, 2, 30)]
    assert found(ONE_RULE | {"type": "value_median", "condition": {"eq": 3, "field": "ProcessId"}}, even) == 1


def test_a_value_that_few_of_the_rows_have() -> None:
    said = ONE_RULE | {"type": "value_percentile", "condition": {"lte": 1, "field": "CommandLine"}}
    assert found(said, [CURL] * 99 + [CURL | {"cmdline": "rare"}]) == 1
    assert found(said, [CURL] * 98 + [CURL | {"cmdline": "rare"}]) == 0
    assert found(said, [CURL] * 99 + [CURL | {"cmdline": "rare", "user": "b"}]) == 0


def test_a_correlation_over_another_keeps_both_spans() -> None:
    many = made(ONE_RULE | {"timespan": "10s"})
    said = {"type": "temporal_ordered", "group-by": ["User"], "timespan": "1m"}
    assert made(said, many, SECOND).seconds == 70

    def at(second: int, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"time": PROOF_TIME + second * 10**9}

    burst = [at(second, CURL) for second in (1, 5, 9)]
    assert found(said, [*burst, at(30, SH)], many, SECOND) == 1
    assert found(said, [at(0, SH), *burst], many, SECOND) == 0
    assert found(said, [*burst, at(70, SH)], many, SECOND) == 0  # more than a minute after the third
    assert found(said, [at(second, CURL) for second in (1, 9, 17)] + [at(30, SH)], many, SECOND) == 0
    other = SH | {"user": "b"}
    assert found(said, [*burst, at(30, other)], many, SECOND) == 0
    with pytest.raises(SigmaError, match="is not grouped by Image"):
        made(said | {"group-by": ["Image"]}, many, SECOND)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "nonsense"}, "type 'nonsense'"), ({"timespan": "soon"}, "no time span"),
        ({"timespan": "9M"}, "longer than 31 days"), ({"condition": None}, "condition of a correlation"),
        ({"condition": {"field": "User"}}, "with a number"), ({"condition": {"near": 3}}, "near"),
        ({"type": "value_count"}, "needs a field"), ({"group-by": ["Nonsense"]}, "Nonsense"),
        ({"type": "temporal_ordered"}, "all together"),
        ({"type": "temporal", "condition": "first and nobody"}, "nobody"),
        ({"type": "temporal_ordered", "condition": "not first"}, "all together"),
        ({"type": "value_sum", "condition": {"gte": 1, "field": "Image"}}, "exe is no number"),
        ({"type": "value_avg", "condition": {"gte": 1, "field": ["Image", "User"]}}, "takes one field"),
        ({"aliases": {"User": {"other": "User"}}}, "says nothing of first"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SigmaError, match=words):
        made(ONE_RULE | change)
