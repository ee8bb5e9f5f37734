"""Presets and scenarios as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.cli import shape_tables
from procwire.cli.shape_tables import PRESETS, SCENARIOS, named_networks, scenarios

GOOD = """\
name = "narrow"
title = "gets narrow"
[[track]]
target = "lo"
  [[track.step]]
  for = "5s"
  rate = "10mbit"
"""


def test_every_column_reads_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "procwire" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "good.toml").write_text(GOOD)
    (folder / "odd.toml").write_text("name = 3\n")
    found = {row.name: row for row in scenarios()}
    assert (found["narrow"].state, found["narrow"].length, found["narrow"].title) == (
        "idle",
        5 * 10**9,
        "gets narrow",
    )
    assert found["odd"].state == "wrong"
    assert "odd.toml" in found["odd"].detail
    for row in found.values():
        assert next(column.get(row) for column in SCENARIOS) == row.name


def test_presets_are_there_with_their_words() -> None:
    found = {row.name: row for row in named_networks()}
    assert any(word.startswith("rtt=") for word in found["dial-up"].words)
    assert all(column.get(found["dial-up"]) for column in PRESETS)


def test_one_that_runs_says_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"name": "x", "state": "paused", "elapsed": 1.5, "round": 2, "tracks": [
        {"target": "lo", "step": 1, "steps": 3}]}  # fmt: skip
    monkeypatch.setattr("procwire.shaping.scenario.control.running", lambda: ["x"])
    monkeypatch.setattr("procwire.shaping.scenario.control.ask", lambda *_: told)
    row = shape_tables.scenarios()[0]
    assert (row.name, row.state, row.elapsed, row.round, row.steps) == (
        "x",
        "paused",
        1_500_000_000,
        2,
        ("lo=1/3",),
    )
