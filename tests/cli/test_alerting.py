"""A watch that tells of what it finds: all its processes, confined, and a sink on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procwire.cli.alerting import alerting, opened, wanted
from procwire.cli.main import main
from procwire.engine.options import EngineError
from procwire.model.sink import Sink
from tests.alerts.samples import FINDING
from tests.courier.servers import HttpSink, wait_for
from tests.lab import Host, Lab, why_not

Out = pytest.CaptureFixture[str]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PYTHONUNBUFFERED": ""}
CONFIG = """
[[alerts.sinks]]
name = "hook"
kind = "webhook"
url = "{url}"
[[alerts.sinks]]
name = "log"
kind = "file"
path = "{file}"
format = "cef"
"""


def asked(tmp_path: Path, **more: Any) -> Namespace:
    given = {
        "alerts": True, "no_alerts": False, "no_findings": False, "alert_sinks": (), "alert_window": 1,
        "alert_directory": str(tmp_path), "alert_rate": 60, "alert_keep": 1000, "alert_give_up": 1,
        "alert_maintenance": [], "sandbox": "off",
    }  # fmt: skip
    return Namespace(**(given | more))


def test_when_there_are_alerts(tmp_path: Path) -> None:
    assert wanted(asked(tmp_path))
    assert not wanted(asked(tmp_path, alerts=False))
    assert wanted(asked(tmp_path, alerts=False, alert_sinks=("x",)))
    assert not wanted(asked(tmp_path, no_alerts=True, alert_sinks=("x",)))
    assert not wanted(asked(tmp_path, alerts=False, no_findings=True, alert_sinks=("x",)))


def test_without_sinks_they_wait_in_the_outbox(tmp_path: Path, capsys: Out) -> None:
    made = opened(asked(tmp_path))
    made.take(FINDING)
    made.ticked(FINDING.time)
    made.close()
    assert "1 findings in" in capsys.readouterr().err
    assert not made.incomplete
    assert main(["alerts", "--alerts-directory", str(tmp_path), "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["detector"] == "scan"


def test_what_the_courier_does_is_no_alert(tmp_path: Path) -> None:
    sink = Sink(name="out", kind="file", path=str(tmp_path / "f"))
    with alerting(asked(tmp_path, alert_sinks=[sink])) as told:
        assert told is not None
        assert told._courier is not None
        pid = told._courier.pid
        for given, ancestors in (
            (pid, ()), (pid + 1, (f"procwire:{pid}", "init:1")), (4, ("bash:3", f"procwire:{pid}")),
        ):  # fmt: skip
            told.take(msgspec.structs.replace(FINDING, pid=given, ancestors=ancestors))
        assert told.intake.taken == 1


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="is no window"):
        opened(asked(tmp_path, alert_maintenance=["sometimes"]))
    (tmp_path / "alerts.db").mkdir()
    with pytest.raises(EngineError, match="alerts: "):
        opened(asked(tmp_path))


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Lab() as lab:
        yield lab.host("a")


def scan() -> None:
    for port in range(2000, 2120):
        with contextlib.suppress(OSError), socket.socket() as made:
            made.connect(("127.0.0.1", port))


def touch() -> None:
    with contextlib.suppress(OSError), socket.socket() as made:
        made.connect(("127.0.0.1", 1999))
    select.select([], [], [], 0.1)


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
@pytest.mark.parametrize("command", ["watch", "daemon"])
def test_a_scan_is_told_to_every_sink_while_it_runs(host: Host, tmp_path: Path, command: str) -> None:
    out, said = tmp_path / "out", tmp_path / "said"
    out.mkdir()
    config, file = tmp_path / "config.toml", out / "alerts.cef"
    with host.inside(lambda: HttpSink(200)) as sink, said.open("wb") as errors:
        config.write_text(CONFIG.format(url=sink.url, file=file))
        words = (
            sys.executable, "-m", "procwire", "--config", str(config), command, "--source", "tap",
            "--alerts-directory", str(tmp_path / "state"),
            "--timeout", "tcp_linger=100ms", "--timeout", "tcp_half_open=100ms",
        )  # fmt: skip
        own = ("--no-store", "--socket", str(tmp_path / "s")) if command == "daemon" else ("--json",)
        program = host.start(*words, *own, stderr=errors, env=ENVIRONMENT)
        wait_for(lambda: "watching" in said.read_text(), 60)
        host.inside(scan)

        def told_to_both() -> bool:
            host.inside(touch)  # packet time goes on with packets
            return bool(sink.seen and file.exists() and file.read_text())

        wait_for(told_to_both, 60)
        program.send_signal(signal.SIGINT)
        assert program.wait(60) == 0, said.read_text()
    told = json.loads(sink.seen[0][2])
    assert (told["detector"], told["source"]) == ("scan", "127.0.0.1")
    assert told["process"].startswith("python")
    assert "CEF:0|procwire|procwire|" in file.read_text()
    listed = subprocess.run(
        [*words[:5], "alerts", "--alerts-directory", str(tmp_path / "state"), "list", "--json"],
        capture_output=True, text=True, check=True, env=ENVIRONMENT,
    ).stdout.splitlines()  # fmt: skip
    rows = [json.loads(line) for line in listed]
    assert {(row["state"], tuple(row["told"])) for row in rows} == {("delivered", ("hook", "log"))}
    keys = [headers["Idempotency-Key"] for _, headers, _ in sink.seen]
    assert len(keys) == len(set(keys))
    assert "deliveries made" in said.read_text()
