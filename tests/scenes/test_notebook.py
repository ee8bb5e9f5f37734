"""The notebook of the documentation runs, cell by cell, and comes to what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def cells() -> list[str]:
    whole = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    assert whole["nbformat"] == 4
    return ["".join(cell["source"]) for cell in whole["cells"] if cell["cell_type"] == "code"]


def test_every_cell_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells(), 1):
        exec(compile(cell, f"cell {number}", "exec"), names)
    assert "tls 10.77.0.1 -> 10.77.0.2 3128" in capsys.readouterr().out
    assert names["request"].method == "CONNECT"
    assert names["flows"].height > 0
    assert names["packets"].names == ("time", "size", "src_port", "dst_port")
