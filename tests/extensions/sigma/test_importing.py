"""Files of Sigma rules become files of ours, or are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.extensions import rules
from procwire.extensions.reason import ExtensionError
from procwire.extensions.sigma.importing import imported, placeholders_of, write
from tests.detect.test_rule import TABLES
from tests.extensions.sigma import sigma

CORPUS = Path(os.environ.get("PROCWIRE_SHARED", "/nowhere"), "corpora", "sigma")
SHELL = sigma.rule({"selection": {"Image|endswith": "/bash"}}, name="shell")
OFTEN = {
    "title": "Often", "id": "x", "level": "low",
    "correlation": {"type": "event_count", "rules": ["shell"], "group-by": ["User"], "timespan": "10m",
                    "condition": {"gte": 10}},
}  # fmt: skip
MANY = OFTEN | {
    "title": "Many",
    "correlation": {"type": "value_count", "rules": ["shell"], "timespan": "10m",
                    "condition": {"gte": 3, "field": "User"}},
}  # fmt: skip
ORDER = OFTEN | {"correlation": {"type": "temporal_ordered", "rules": ["shell", "shell"], "timespan": "1h"}}


def test_rules_and_correlations_are_written_and_read_again(tmp_path: Path) -> None:
    sigma.write(tmp_path / "in" / "a.yml", SHELL, OFTEN, MANY, ORDER)
    found = imported([str(tmp_path / "in")], TABLES)
    assert [(one.row.outcome, one.row.reason) for one in found] == [("imported", "")] * 4
    assert write(found, tmp_path / "out") == 4
    made, wrong = rules.load([str(tmp_path / "out")], TABLES)
    assert wrong == []
    assert {rule.id: rule.window // 10**9 for rule in made.values()} == {
        "a-1": 0, "a-2": 600, "a-3": 600, "a-4": 3600,
    }  # fmt: skip
    assert made["a-1"].author == "Somebody"
    assert made["a-2"].keys == ("user",)


def test_what_cannot_run_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("a: [")
    (tmp_path / "alias.yml").write_text("a: &x [1]\nb: *x\n")
    (tmp_path / "large.yml").write_text("#" * 300_000)
    sigma.write(tmp_path / "b.yml", sigma.rule({"selection": {"LogonId": 3}}))
    sigma.write(tmp_path / "c.yml", OFTEN)
    sigma.write(tmp_path / "d.yml", sigma.rule({"selection": {"Image": "x"}}, {"product": "windows"}))
    found = imported([str(tmp_path)], TABLES)
    assert {Path(one.file).name: one.row.kind for one in found} == {
        "alias.yml": "not YAML", "broken.yml": "not YAML", "large.yml": "file too large",
        "b.yml": "field LogonId",
        "c.yml": "rule of a correlation is missing", "d.yml": "log source windows",
    }  # fmt: skip
    assert write(found, tmp_path / "out") == 0


def test_what_auditd_says_of_programs_runs_over_process_events(tmp_path: Path) -> None:
    head = "title: T\nlogsource: {product: linux, service: auditd}\ndetection:\n  condition: s\n  s: "
    (tmp_path / "run.yml").write_text(f"{head}{{type: EXECVE, a0: tar, a2|startswith: /etc}}\n")
    (tmp_path / "calls.yml").write_text(f"{head}{{type: SYSCALL, exe: /usr/bin/tar}}\n")
    calls, run = imported([str(tmp_path)], TABLES)
    assert "only execve" in calls.row.reason
    assert calls.row.outcome == "partly"
    assert run.made is not None
    assert run.row.table == "process_event"
    fires = run.made["tests"]["fires"][0]
    assert (fires["action"], fires["arg0"], fires["arg2"][:4]) == ("exec", "tar", "/etc")


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for folder in "ab":
        sigma.write(tmp_path / folder / "same.yml", SHELL)
    assert [one.ident for one in imported([str(tmp_path)], TABLES)] == ["same", "same-2"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs PROCWIRE_SHARED")
def test_nearly_all_of_what_has_a_table_is_taken() -> None:
    found = imported([str(CORPUS)], TABLES)
    placed = [one for one in found if not one.row.kind.startswith(("log source", "type "))]
    taken = [one for one in placed if one.made is not None]
    assert len(taken) >= 0.97 * len(placed)
    assert all(one.row.reason for one in found if one.made is None)


def test_placeholders_come_from_a_file(tmp_path: Path) -> None:
    sigma.write(
        tmp_path / "a.yml", sigma.rule({"selection": {"CommandLine|expand|contains": "ssh %Servers%"}})
    )
    (tmp_path / "values.yaml").write_text("Servers: [srv1, srv2]\nOne: 5\n")
    values = placeholders_of(tmp_path / "values.yaml")
    assert values == {"Servers": ["srv1", "srv2"], "One": [5]}
    (one,) = imported([str(tmp_path / "a.yml")], TABLES, values)
    assert one.made is not None
    assert "%ssh srv2%" in one.made["sql"]
    (one,) = imported([str(tmp_path / "a.yml")], TABLES)
    assert one.row.kind == "placeholder Servers"
    for text, words in (("[1]", "a mapping"), ("a: {}", "texts or numbers"), ("a: [", "not YAML")):
        (tmp_path / "wrong.yaml").write_text(text)
        with pytest.raises(ExtensionError, match=words):
            placeholders_of(tmp_path / "wrong.yaml")
    with pytest.raises(ExtensionError, match="No such file"):
        placeholders_of(tmp_path / "none.yaml")
