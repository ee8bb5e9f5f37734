"""What operators do, told to the ledger."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from procwire.alerts.outbox import Outbox
from procwire.cli import operating
from procwire.cli.main import main
from procwire.cli.operating import operator, recorded
from procwire.extensions import taking
from procwire.ledger.chain import read
from tests.alerts.samples import FINDING, NOW
from tests.cli.program import DNS, HTTP
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


def test_commands_that_change_or_hand_out_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = ledger(tmp_path / "l", records=3)
    outbox = Outbox(tmp_path / "alerts.db", {"a": "info"})
    outbox.enqueue(FINDING, now=NOW)
    (job,) = outbox.due("a", now=NOW, most=9)
    outbox.close()
    monkeypatch.setattr(taking, "own", lambda: tmp_path / "rules")
    alert, alerts = job.alert.id, ["alerts", "--alerts-directory", str(tmp_path)]
    out = str(tmp_path / "out.pcapng")
    for words in (
        [*alerts, "ack", alert[:8], "--note", "seen"],
        [*alerts, "suppress", alert, "--for", "12h"],
        [*alerts, "retry"],
        ["rules", "disable", "smb1"],
        ["export", str(HTTP), "-o", out],
        ["query", "--file", str(DNS), "--json", "SELECT flow_id FROM flow LIMIT 2"],
        ["query", "--file", str(DNS), "SELECT 1"],
        ["incident", "export", str(DNS), "-o", str(tmp_path / "case")],
    ):
        assert main(["--set", f"ledger.directory={place}", *words]) == 0, words
    lines = [read(line) for line in (place / "records.jsonl").read_bytes().splitlines()]
    lines = [one for one in lines if "by" in one.body]
    bodies = [{**one.body, "by": one.body["by"]["uid"]} for one in lines]
    assert [one.kind for one in lines] == ["command"] * 3 + ["rule"] + ["exported"] * 3
    assert {body.pop("by") for body in bodies} == {os.getuid()}
    until = bodies[1].pop("until")
    assert until > "2026"
    assert bodies == [
        {"command": "alerts ack", "alerts": [alert], "note": "seen"},
        {"command": "alerts suppress", "alerts": [alert], "note": ""},
        {"command": "alerts retry", "alerts": [], "retried": 0},
        {"command": "rules disable", "state": "disabled", "rules": ["smb1"], "count": 1},
        {"what": "capture", "output": out, "files": [str(HTTP)], "packets": bodies[4]["packets"]},
        {"what": "query", "form": "json", "sql": "SELECT flow_id FROM flow LIMIT 2", "rows": 2},
        {"what": "incident", "incident": bodies[6]["incident"], "redacted": False},
    ]
    assert bodies[4]["packets"] > 10
