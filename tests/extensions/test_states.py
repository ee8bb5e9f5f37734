"""States beside the rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.extensions import rules, states
from procwire.extensions.reason import ExtensionError
from tests.extensions.test_rules import write


def test_a_state_is_kept_beside_and_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "usual", list)
    write(tmp_path / "x.yaml", "one")
    states.change(tmp_path, ["one"], "disabled")
    states.change(tmp_path, ["gone"], "test")
    assert states.read(tmp_path) == {"one": "disabled", "gone": "test"}
    found, wrong, _ = rules.gather([str(tmp_path)])
    assert ([rule.state for rule in found], wrong) == (["disabled"], [])
    (tmp_path / states.NAME).write_text('{"one": "nonsense"}')
    found, wrong, _ = rules.gather([str(tmp_path)])
    assert "the states are" in wrong[0]
    assert [rule.state for rule in found] == ["enabled"]


def test_a_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    assert states.read(tmp_path / "none") == {}
    (tmp_path / states.NAME).write_text("[")
    with pytest.raises(ExtensionError, match=r"states\.json:1: "):
        states.read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ExtensionError):
        states.change(tmp_path / "file", ["x"], "test")
