from __future__ import annotations

from pathlib import Path

import pytest

from procwire.extensions import rules
from procwire.extensions.reason import ExtensionError
from tests.detect.test_rule import TABLES

RULE = """\
id: {id}
title: One
severity: low
match: dst_port == 443
tests:
  fires:
    - {{dst_port: 443}}
  silent:
    - {{dst_port: {silent}}}
"""


def write(path: Path, id: str, silent: int = 80) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(RULE.format(id=id, silent=silent))


def test_the_rules_that_come_with_procwire_are_right() -> None:
    found, wrong = rules.load([str(rules.OURS)], TABLES)
    assert wrong == []
    assert len(found) >= 9
    for rule in found.values():
        assert rule.attack
        assert Path(rule.source).stem == rule.id


def test_places_that_were_found_before_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> list[str]:
        raise PermissionError(13, "in a cell")

    monkeypatch.setattr(rules, "usual", refused)
    write(tmp_path / "x.yaml", "one")
    found, wrong, _ = rules.gather([], before=[str(tmp_path)])
    assert ([rule.id for rule in found], wrong) == (["one"], [])


def test_a_later_directory_goes_before(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.yaml", "one")
    write(tmp_path / "b" / "y.yml", "one")
    write(tmp_path / "b" / "deep.yaml", "two")
    found, wrong = rules.load([str(tmp_path / "a"), str(tmp_path / "b")], TABLES)
    assert (sorted(found), wrong) == (["one", "two"], [])
    assert found["one"].source == str(tmp_path / "b" / "y.yml")
    assert list(rules.load([str(tmp_path / "a" / "x.yaml")], TABLES)[0]) == ["one"]


def test_what_is_wrong_is_said_with_its_line_and_the_others_are_taken(tmp_path: Path) -> None:
    write(tmp_path / "a" / "good.yaml", "one")
    write(tmp_path / "b" / "one.yaml", "one", silent=443)
    write(tmp_path / "b" / "twice.yaml", "three")
    write(tmp_path / "b" / "z.yaml", "three")
    (tmp_path / "b" / "broken.yaml").write_text("id: [")
    found, wrong = rules.load([str(tmp_path / "a"), str(tmp_path / "b")], TABLES)
    assert found["one"].source == str(tmp_path / "a" / "good.yaml")
    said = [str(error) for error in wrong]
    assert any(line.startswith(f"{tmp_path}/b/one.yaml:9: the rule matches this row") for line in said)
    assert any("twice.yaml too" in line for line in said)
    assert any("broken.yaml:" in line for line in said)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match="no such directory"):
        rules.load([str(tmp_path / "no")], TABLES)


def test_where_rules_are_looked_for(tmp_path: Path) -> None:
    (tmp_path / "procwire" / "rules").mkdir(parents=True)
    found = rules.usual({"XDG_CONFIG_HOME": str(tmp_path)})
    assert found[0] == str(rules.OURS)
    assert found[-1] == str(tmp_path / "procwire" / "rules")
