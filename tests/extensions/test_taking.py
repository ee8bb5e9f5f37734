"""What commands do to rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.extensions import states, taking
from tests.extensions.sigma import sigma
from tests.extensions.sigma.test_importing import SHELL


def test_rules_go_beside_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "own", lambda: tmp_path / "own")
    path = sigma.write(tmp_path / "x.yml", SHELL)
    rows, place, written = taking.take_sigma([str(path)], dry=True)
    assert ([row.outcome for row in rows], place, written) == (["imported"], tmp_path / "own" / "sigma", 0)
    assert not place.exists()
    assert taking.take_sigma([str(path)])[2] == 1
    assert (place / "x.yaml").read_text().startswith("# From x.yml")
    assert states.read(taking.switch(["x"], "disabled").parent) == {"x": "disabled"}
