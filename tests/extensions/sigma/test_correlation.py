"""Correlations find what they say in windows, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

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
    ("change", "words"),
    [
        ({"type": "nonsense"}, "type 'nonsense'"), ({"timespan": "soon"}, "no time span"),
        ({"timespan": "9M"}, "longer than 31 days"), ({"condition": None}, "condition of a correlation"),
        ({"condition": {"field": "User"}}, "with a number"), ({"condition": {"near": 3}}, "near"),
        ({"type": "value_count"}, "needs a field"), ({"group-by": ["Nonsense"]}, "Nonsense"),
        ({"type": "temporal"}, "condition of its own"),
        ({"aliases": {"User": {"other": "User"}}}, "says nothing of first"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SigmaError, match=words):
        made(ONE_RULE | change)
