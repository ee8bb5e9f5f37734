from __future__ import annotations

from typing import Any

import pytest

from procwire.detect.fields import RuleError
from procwire.detect.rule import described, matches_row
from procwire.dpi.registry import registry
from procwire.model.tables import FLOWS
from procwire.store.contents import contents

TABLES = {table.name: table for table in contents(registry().tables())}
FIRES = {"bytes_out": "2MB", "dst_port": 443}
GOOD: dict[str, Any] = {
    "id": "big-upload", "title": "A big upload", "severity": "low",
    "match": "bytes_out > 1MB and dst_port == 443",
    "tests": {
        "fires": [FIRES],
        "silent": [{"bytes_out": "2MB", "dst_port": 80}, {"bytes_out": 999, "dst_port": 443}],
    },
}  # fmt: skip


def test_a_rule_is_read_whole() -> None:
    more = {"attack": ["T1048.003"], "dedup": ["src"], "quiet": "5m", "suppress": ["dst in 10.0.0.0/8"],
            "count": {"least": 3, "over": "1m", "by": ["src"]}, "state": "test"}  # fmt: skip
    rule = described(GOOD | more, TABLES, source="x.yaml")
    assert (rule.fires, rule.silent, rule.quiet) == (1, 2, 300 * 10**9)
    assert rule.count is not None
    assert (rule.count.least, rule.count.over, rule.count.by) == (3, 60 * 10**9, ("src",))
    assert [column.name for column in rule.dedup] == ["src"]
    assert not matches_row(rule, {"bytes_out": "2MB", "dst_port": 443, "dst": "10.0.0.1"}, FLOWS)


def proofs(fires: Any, silent: Any = None) -> dict[str, Any]:
    return {"tests": {"fires": [fires], "silent": [silent or {}]}}


@pytest.mark.parametrize(
    ("change", "words", "place"),
    [
        ({"id": "Big Upload"}, "lower-case", ("id",)),
        ({"nonsense": 1}, "no key of a rule", ("nonsense",)),
        ({"title": ""}, "title is text", ("title",)),
        ({"severity": "huge"}, "one of", ("severity",)),
        ({"table": "nonsense"}, "no table", ("table",)),
        ({"match": "bytes_out >"}, "filter", ("match",)),
        ({"match": "nonsense == 1"}, "nonsense", ("match",)),
        ({"match": 7}, "match is text", ("match",)),
        ({"suppress": ["nonsense == 1"]}, "nonsense", ("suppress", 0)),
        ({"attack": ["X1"]}, "no ATT&CK", ("attack", 0)),
        ({"dedup": ["nonsense"]}, "not a column", ("dedup",)),
        ({"quiet": "soon"}, "duration", ("quiet",)),
        ({"count": {"least": 1, "over": "1m"}}, "least", ("count", "least")),
        ({"count": {"least": 3, "over": 5}}, "time span", ("count", "over")),
        ({"count": 3}, "count has", ("count",)),
        ({"tests": {}}, "fires needs", ("tests", "fires")),
        ({"tests": None}, "must be proved", ("tests",)),
        (proofs({"nonsense": 1}), "not a column", ("tests", "fires", 0, "nonsense")),
        (proofs({"dst_port": "x"}), "of the kind", ("tests", "fires", 0, "dst_port")),
        (proofs({"bytes_out": "x"}), "a size is", ("tests", "fires", 0, "bytes_out")),
        (proofs({}), "does not match", ("tests", "fires", 0)),
        (proofs(FIRES, FIRES), "must not", ("tests", "silent", 0)),
        ({"references": "x"}, "list of text", ("references",)),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], words: str, place: tuple[Any, ...]) -> None:
    with pytest.raises(RuleError, match=words) as error:
        described(GOOD | change, TABLES)
    assert error.value.place == place


@pytest.mark.parametrize("values", [None, [], "x", {}])
def test_what_is_no_rule(values: Any) -> None:
    with pytest.raises(RuleError):
        described(values, TABLES)
