"""Rules, what correlates them, and filters for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procwire.extensions.sigma.importing import imported
from procwire.extensions.sigma.making import Found
from tests.detect.test_rule import TABLES
from tests.extensions.sigma import sigma

CURL = sigma.rule({"selection": {"Image|endswith": "/curl"}}, name="curl", id="1")
SHELL = sigma.rule({"selection": {"Image|endswith": "/sh"}}, name="shell", id="2")
OFTEN = {
    "title": "Often", "name": "often",
    "correlation": {"type": "event_count", "rules": ["curl"], "group-by": ["User"], "timespan": "10m",
                    "condition": {"gte": 10}},
}  # fmt: skip
THEN = {
    "title": "Then", "name": "then",
    "correlation": {"type": "temporal_ordered", "rules": ["often", "shell"], "group-by": ["User"],
                    "timespan": "1h"},
}  # fmt: skip


def taken(tmp_path: Path, *rules: dict[str, Any]) -> dict[str, Found]:
    sigma.write(tmp_path / "in" / "a.yml", *rules)
    return {one.row.title: one for one in imported([str(tmp_path / "in")], TABLES)}


def test_a_correlation_over_another_whatever_their_order(tmp_path: Path) -> None:
    found = taken(
        tmp_path, THEN | {"title": "Then"}, OFTEN, CURL | {"title": "Curl"}, SHELL | {"title": "Sh"}
    )
    assert {title: one.row.outcome for title, one in found.items()} == dict.fromkeys(found, "imported")
    then = found["Then"].made
    assert then is not None
    assert then["window"] == "4200s"


def test_rules_of_a_correlation_are_off_unless_it_generates_them(tmp_path: Path) -> None:
    found = taken(tmp_path / "a", CURL | {"title": "Curl"}, OFTEN)
    assert [one.made["state"] for one in found.values() if one.made] == ["disabled", "enabled"]
    assert "tells nothing by itself" in (found["Curl"].made or {})["description"]
    loud = OFTEN | {"correlation": OFTEN["correlation"] | {"generate": True}}  # type: ignore[operator]
    found = taken(tmp_path / "b", CURL | {"title": "Curl"}, loud)
    assert [one.made["state"] for one in found.values() if one.made] == ["enabled", "enabled"]


def test_filters_narrow_the_rules_that_they_name(tmp_path: Path) -> None:
    one = {
        "title": "Filter", "logsource": sigma.PROCESS,
        "filter": {"rules": ["curl"], "selection": {"User|startswith": "adm_"}, "condition": "not selection"},
    }  # fmt: skip
    found = taken(tmp_path / "a", CURL | {"title": "Curl"}, SHELL | {"title": "Sh"}, one)
    assert found["Filter"].row.outcome == "imported"
    assert "adm" in (found["Curl"].made or {})["sql"]
    assert "adm" not in (found["Sh"].made or {})["sql"]
    everyone = one | {"filter": one["filter"] | {"rules": "any"}}  # type: ignore[operator]
    found = taken(tmp_path / "b", CURL | {"title": "Curl"}, SHELL | {"title": "Sh"}, everyone)
    assert "adm" in (found["Sh"].made or {})["sql"]
    nobody = one | {"filter": one["filter"] | {"rules": ["nonsense"]}}  # type: ignore[operator]
    found = taken(tmp_path / "c", CURL, nobody)
    assert found["Filter"].row.kind == "filter of no rule"


def test_what_is_left_out_of_a_rule_is_said_in_its_row_and_its_description(tmp_path: Path) -> None:
    audit = {"product": "linux", "service": "auditd"}
    found = taken(tmp_path, sigma.rule({"selection": {"type": "SYSCALL", "comm": "split"}}, audit))
    (one,) = found.values()
    assert one.row.outcome == "partly"
    assert "only execve" in one.row.reason
    assert "Not looked for here: of auditd's records of system calls" in (one.made or {})["description"]


def test_correlations_in_a_circle_and_of_what_cannot_run_are_named(tmp_path: Path) -> None:
    circle = OFTEN | {"correlation": OFTEN["correlation"] | {"rules": ["often"]}}  # type: ignore[operator]
    found = taken(tmp_path / "a", circle)
    assert found["Often"].row.kind == "rule of a correlation is missing"
    deep = [
        {"title": f"c{n}", "name": f"c{n}", "correlation": OFTEN["correlation"] | {"rules": [rules]}}  # type: ignore[operator]
        for n, rules in ((1, "curl"), (2, "c1"), (3, "c2"), (4, "c3"))
    ]
    found = taken(tmp_path / "b", CURL, *deep)
    assert found["c4"].row.kind == "correlation nested"
