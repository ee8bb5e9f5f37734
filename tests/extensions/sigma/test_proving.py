"""Rows for correlations: each kind finds those that are made for it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.detect.windowed import REPEAT, rows_in
from procwire.extensions.sigma.correlation import Correlating, Correlation
from procwire.extensions.sigma.proving import Proving
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import Meant, meant, proofs
from procwire.hunting.wall import Wall
from tests.detect.test_rule import TABLES
from tests.extensions.sigma.sigma import rule

NETWORK = {"category": "network_connection"}
SHELL = meant(rule({"selection": {"Image|endswith": "/bash"}}, name="shell"), TABLES)
SSH = meant(rule({"selection": {"DestinationPort": 22}}, NETWORK, name="ssh"), TABLES)
HTTP = meant(rule({"selection": {"DestinationPort": 80}}, NETWORK, name="http"), TABLES)


def made(kind: str, condition: Any, *rules: Meant | Correlation, **more: Any) -> Correlation:
    said = {"type": kind, "timespan": "5m", "condition": condition, **more}
    return Correlating(said, rules, TABLES).made(name=f"{kind}_made")


def tried(of: Correlation, *rules: Meant) -> dict[str, list[dict[str, Any]]]:
    """The first case in which it finds something."""
    rows = {id(one): proofs(one, TABLES)["fires"][0] for one in rules}
    with Wall(TABLES) as wall:
        for case in Proving(rows, TABLES).cases(of):
            if wall.answers(of.sql, rows_in(case, TABLES)):
                return case
    raise AssertionError("none is found")


def test_each_kind_finds_its_rows() -> None:
    assert tried(made("event_count", {"gt": 3}, SHELL), SHELL)["process_event"][0][REPEAT] == 4
    values = tried(made("value_count", {"field": "DestinationIp", "gte": 120}, SSH), SSH)["flow"]
    assert len({row["dst"] for row in values}) == 120
    far = tried(made("value_count", {"field": "Image", "gte": 3}, SHELL), SHELL)["process_event"]
    assert [row["exe"].endswith("/bash") for row in far] == [True] * 3
    total = tried(made("value_sum", {"field": "SourcePort", "gt": 1000}, SSH), SSH)["flow"]
    assert total[0]["src_port"] == 1001
    assert tried(made("value_avg", {"field": "SourcePort", "lt": 10}, SSH), SSH)["flow"][0]["src_port"] == 9
    assert tried(made("value_median", {"field": "SourcePort", "gte": 7}, SSH), SSH)
    rare = tried(made("value_percentile", {"field": "DestinationIp", "lte": 1}, SSH), SSH)["flow"]
    assert rare[0][REPEAT] == 100
    assert tried(made("temporal", None, SSH, HTTP, **{"group-by": ["SourceIP"]}), SSH, HTTP)
    order = tried(made("temporal_ordered", None, SSH, HTTP), SSH, HTTP)["flow"]
    assert [row["dst_port"] for row in order] == [22, 80]
    one = tried(made("temporal", "ssh and not http", SSH, HTTP), SSH, HTTP)["flow"]
    assert [row["dst_port"] for row in one] == [22]


def test_what_they_are_grouped_by_is_the_same_in_all_rows_also_of_correlations() -> None:
    ends = {"group-by": ["peer"], "aliases": {"peer": {"ssh": "SourceIp", "http": "DestinationIp"}}}
    rows = tried(made("temporal", None, SSH, HTTP, **ends), SSH, HTTP)["flow"]
    assert rows[0]["src"] == rows[1]["dst"]
    many = made("event_count", {"gte": 5}, SSH, **{"group-by": ["SourceIp"]})
    both = made("temporal_ordered", None, many, HTTP, **{"group-by": ["SourceIp"]})
    first, second = tried(both, SSH, HTTP)["flow"]
    assert first[REPEAT] == 5
    assert first["src"] == second["src"]
    assert both.seconds == 600


def test_too_many_rows_are_said() -> None:
    with pytest.raises(SigmaError, match="it needs 5000 rows"):
        tried(made("event_count", {"gte": 5000}, SSH), SSH)
