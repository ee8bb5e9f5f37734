"""Other rules in the place of those that are in force, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.cli.ruling import Ruling
from procwire.engine.options import EngineError
from tests.extensions.test_rules import write


def settled(ruling: Ruling) -> bool:
    ruling.reload()
    assert ruling._thread is not None
    ruling._thread.join(30)
    return ruling.changed()


def test_rules_are_read_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "r" / "x.yaml", "one")
    ruling = Ruling([str(tmp_path / "r")])
    before = ruling.set
    assert not ruling.changed()
    write(tmp_path / "r" / "y.yaml", "two")
    assert settled(ruling)
    assert {rule.id for rule in ruling.set.rules} - {rule.id for rule in before.rules} == {"two"}
    write(tmp_path / "r" / "y.yaml", "two", silent=443)
    assert not settled(ruling)
    assert "two" in {rule.id for rule in ruling.set.rules}
    err = capsys.readouterr().err
    assert "rules read anew" in err
    assert "the rules stay as they were: " in err
    assert "y.yaml:9: " in err
    assert str(tmp_path / "r") in ruling.places


def test_a_place_that_is_none_is_a_fault_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        Ruling([str(tmp_path / "none")])
