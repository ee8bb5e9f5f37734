"""--filters: what is shown, stored and told of; and the file read anew."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from procwire.cli import verdicts
from procwire.cli.exit import OK, USAGE
from procwire.cli.main import main
from procwire.cli.verdicts import Verdicts, both
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow
from tests.cli.program import DNS, HTTP

Capture = pytest.CaptureFixture[bytes]


def written(path: Path, text: str) -> str:
    (path / "f.yaml").write_text(text)
    return str(path / "f.yaml")


def row(app: str, number: int = 1) -> FlowRow:
    flow = Flow()
    flow.app, flow.number = app, number
    return FlowRow(flow)


TEXT = """\
default: ignore
filters:
- {app: http, action: record}
- {expression: "app == dns and dst contains :", action: alert}
- {app: dns, action: monitor}
"""


def test_each_action_does_what_it_says(tmp_path: Path, capfdbinary: Capture) -> None:
    words = ["--json", "--filters", written(tmp_path, TEXT), "--store", str(tmp_path / "s")]
    assert main(["read", str(HTTP), str(DNS), *words]) == OK
    out, err = capfdbinary.readouterr()
    shown = [json.loads(line) for line in out.splitlines()]
    assert {flow["app"] for flow in shown} == {"dns"}
    told = err.decode().count("procwire: alert: flow ")
    assert told == sum(":" in flow["dst"] for flow in shown) > 0
    connection = sqlite3.connect(tmp_path / "s" / "history.db")
    apps = {app for (app,) in connection.execute("SELECT app FROM flow")}
    assert apps == {"http", "dns"}
    assert connection.execute("SELECT count(*) > 0 FROM http").fetchone() == (1,)
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'igmp'").fetchone() == (0,)


def test_observations_are_of_flows_that_are_shown(tmp_path: Path, capfdbinary: Capture) -> None:
    words = ["--json", "--observations", "dns,http", "--filters", written(tmp_path, TEXT)]
    assert main(["read", str(HTTP), str(DNS), *words]) == OK
    seen = {json.loads(line)["schema"] for line in capfdbinary.readouterr().out.splitlines()}
    assert seen == {"procwire.dns/1"}


def test_it_goes_with_a_filter(tmp_path: Path, capfdbinary: Capture) -> None:
    words = ["--json", "--filters", written(tmp_path, TEXT), "--filter", "dst_port == 80"]
    assert main(["read", str(HTTP), str(DNS), *words]) == OK
    assert capfdbinary.readouterr().out == b""
    keep = both(lambda found: found.flow.number == 1, Verdicts(written(tmp_path, TEXT)))
    assert keep is not None
    assert [keep(row("dns")), keep(row("dns", 2)), keep(row("tls"))] == [True, False, False]
    assert both(None, None) is None


def test_a_wrong_file_is_said_before_anything_is_read(tmp_path: Path, capfdbinary: Capture) -> None:
    assert (
        main(["read", str(HTTP), "--filters", written(tmp_path, "filters:\n- {x: 1, action: no}\n")]) == USAGE
    )
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert err.count(b"f.yaml:2: ") == 2
    assert main(["read", str(HTTP), "--packets", "--filters", written(tmp_path, TEXT)]) == USAGE


def test_an_alert_is_told_once(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = Verdicts(written(tmp_path, "filters:\n- {app: dns, action: alert, name: names}\n"))
    for number in (1, 1, 2):
        judged.tell(row("dns", number))
    judged.tell(row("http", 3))
    assert capsys.readouterr().err.count("procwire: alert: ") == 2
    monkeypatch.setattr(verdicts, "MAX_TOLD", 1)
    judged.tell(row("dns", 4))
    assert len(judged._told) <= 2


def test_hangup_reads_the_file_anew_and_a_wrong_one_changes_nothing(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "has_terminal", lambda: False)
    before = signal.getsignal(signal.SIGHUP)
    try:
        judged = Verdicts(written(tmp_path, TEXT))
        judged.reload_on_hangup()
        assert judged.shows(row("dns"))
        written(tmp_path, "filters:\n- {app: dns, action: ignore}\n")
        os.kill(os.getpid(), signal.SIGHUP)
        assert not judged.shows(row("dns"))
        written(tmp_path, "filters:\n- {app: dns, action: nothing}\n")
        os.kill(os.getpid(), signal.SIGHUP)
        assert not judged.shows(row("dns"))
    finally:
        signal.signal(signal.SIGHUP, before)
    err = capsys.readouterr().err
    assert "1 filters read anew" in err
    assert "the filters stay as they were" in err


def test_with_a_terminal_hangup_means_its_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "has_terminal", lambda: True)
    before = signal.getsignal(signal.SIGHUP)
    Verdicts(written(tmp_path, TEXT)).reload_on_hangup()
    assert signal.getsignal(signal.SIGHUP) == before
