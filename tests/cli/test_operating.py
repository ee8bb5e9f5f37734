"""What operators do, told to the ledger."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from procwire.cli import operating
from procwire.cli.operating import operator, recorded
from procwire.ledger.chain import read
from tests.ledger.made import ledger


def test_recorded_with_who_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ledger(tmp_path / "l", records=3)
    monkeypatch.setenv("SUDO_USER", "alice")
    recorded(argparse.Namespace(ledger=str(place)), "command", {"command": "x"})
    kept = read((place / "records.jsonl").read_bytes().splitlines()[-1])
    assert kept.kind == "command"
    assert kept.body == {"command": "x", "by": operator()}
    assert kept.body["by"]["sudo_user"] == "alice"


def test_nothing_without_a_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(operating, "state_directory", lambda: tmp_path)
    recorded(argparse.Namespace(), "command", {})
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == ""
    recorded(argparse.Namespace(ledger=str(tmp_path / "none")), "command", {})
    assert "not recorded" in capsys.readouterr().err


def test_the_usual_place_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger(tmp_path / "ledger", records=3)
    monkeypatch.setattr(operating, "state_directory", lambda: tmp_path)
    recorded(None, "command", {"n": 1})
    lines = (tmp_path / "ledger" / "records.jsonl").read_bytes().splitlines()
    assert read(lines[-1]).body["n"] == 1
