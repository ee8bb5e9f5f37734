"""Policies on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.egress.contact import Who
from procwire.egress.file import SYSTEM, load, save, usual
from procwire.egress.policy import Entry, Line, Policy
from procwire.egress.reason import EgressError

MADE = Policy(
    entries=[Entry(who=Who(exe="/x"), to=[Line(dest="example.com")])], head="# of mine\n# and more\n"
)


def test_written_whole_and_what_was_there_stays_beside(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "egress.yaml"
    save(path, MADE)
    assert load(path) == MADE
    before = path.read_text()
    save(path, Policy(entries=[]))
    assert load(path).entries == []
    assert path.with_name("egress.yaml.before").read_text() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["egress.yaml", "egress.yaml.before"]


def test_faults_have_their_line(tmp_path: Path) -> None:
    path = tmp_path / "egress.yaml"
    with pytest.raises(EgressError, match="no policy here"):
        load(path)
    path.write_text("format: 1\nprograms:\n- exe: /x\n  to:\n  - {dest: a b}\n")
    with pytest.raises(EgressError, match=r"egress\.yaml:5: 'a b' is no name"):
        load(path)
    path.write_text("a: b: c")
    with pytest.raises(EgressError, match=r"egress\.yaml:1: "):
        load(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(EgressError):
        save(tmp_path / "file" / "egress.yaml", MADE)


def test_where_it_lies() -> None:
    assert usual({}, uid=0) == Path(SYSTEM)
    assert usual({"HOME": "/home/a"}, uid=7) == Path("/home/a/.config/procwire/egress.yaml")
    assert usual({"XDG_CONFIG_HOME": "/c"}, uid=7) == Path("/c/procwire/egress.yaml")
