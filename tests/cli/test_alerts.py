"""``procwire alerts``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.alerts.outbox import Outbox
from procwire.cli.main import main
from procwire.model.sink import REFUSED, Result
from tests.alerts.samples import FACTS, FINDING, NOW
from tests.alerts.test_outbox import other, settle
from tests.courier.servers import HttpSink

Out = pytest.CaptureFixture[str]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    outbox = Outbox(tmp_path / "alerts.db", {"a": "info"}, host="sensor1")
    outbox.enqueue(FINDING, FACTS, now=NOW)
    outbox.enqueue(other(2, detail="evil\x1b[2J"), now=NOW + 1)
    settle(outbox, outbox.due("a", now=NOW, most=1), Result(REFUSED, "HTTP 400"), now=NOW)
    outbox.close()
    return tmp_path


def alerts(state: Path, *words: str) -> int:
    return main(["alerts", "--alerts-directory", str(state), *words])


def rows(capsys: Out) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_list(state: Path, capsys: Out) -> None:
    assert alerts(state, "list", "--json") == 0
    found = rows(capsys)
    assert [(row["schema"], row["state"]) for row in found] == [
        ("procwire.alert/1", "new"), ("procwire.alert/1", "dead"),
    ]  # fmt: skip
    assert alerts(state, "list", "--state", "dead", "--csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert alerts(state, "list") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_show_ack_suppress(state: Path, capsys: Out) -> None:
    alerts(state, "list", "--json")
    new, dead = (row["id"] for row in rows(capsys))
    assert alerts(state, "show", dead[:10]) == 0
    said = capsys.readouterr().out
    assert "dead, 1 attempts: HTTP 400" in said
    assert "flow.app         tls" in said
    assert alerts(state, "show", new, "--json") == 0
    assert [row["schema"] for row in rows(capsys)] == ["procwire.alert/1", "procwire.delivery/1"]
    assert alerts(state, "ack", new, "--note", "seen") == 0
    assert capsys.readouterr().out == f"{new} acknowledged\n"
    assert alerts(state, "suppress", dead, "--for", "1h", "--json") == 0
    assert rows(capsys) == [{"schema": "procwire.alerts/1", "id": dead, "state": "suppressed"}]
    assert alerts(state, "show", "ffff") == 1


def test_dead_letters_and_retry(state: Path, capsys: Out) -> None:
    assert alerts(state, "dead-letters", "--json") == 0
    assert [row["error"] for row in rows(capsys)] == ["HTTP 400"]
    assert alerts(state, "retry") == 0
    assert capsys.readouterr().out == "1 are tried again\n"
    assert alerts(state, "retry", "--json") == 0
    assert rows(capsys) == [{"schema": "procwire.alerts/1", "retried": 0}]


def test_no_outbox(tmp_path: Path, capsys: Out) -> None:
    assert alerts(tmp_path, "list") == 1
    assert "no alert was ever kept here" in capsys.readouterr().err


def test_the_way_to_each_sink(tmp_path: Path, capsys: Out) -> None:
    config = tmp_path / "config.toml"
    with HttpSink(204) as sink:
        config.write_text(
            f'[[alerts.sinks]]\nname = "good"\nkind = "webhook"\nurl = "{sink.url}"\n'
            '[[alerts.sinks]]\nname = "gone"\nkind = "syslog"\nhost = "127.0.0.1"\nport = 1\n'
            f'[[alerts.sinks]]\nname = "bad"\nkind = "file"\npath = "{tmp_path}/no/such"\n'
        )
        assert main(["--config", str(config), "alerts", "test"]) == 1
        said = capsys.readouterr().out.splitlines()
        assert said[:2] == ["good ok", "gone failed Connection refused"]
        assert "No such file" in said[2]
        assert main(["--config", str(config), "alerts", "test", "--sink", "good", "--json"]) == 0
        assert json.loads(sink.seen[-1][2])["detector"] == "test"
    assert main(["--config", str(config), "alerts", "test", "--sink", "nonsense"]) == 2
    assert "there are good, gone, bad" in capsys.readouterr().err
