"""``procwire metrics``: its words, a scrape by a real Prometheus, and findings sent by OTLP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from procwire.cli import exit, metrics
from procwire.cli.main import main
from procwire.engine.options import EngineError
from tests.api.serving import Engine, Served, flow_of
from tests.bpf.kernel import SOURCE
from tests.lab import need, wait_for


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    made = Engine()
    running = Served(made, tmp_path / "s")
    yield made, running.path
    running.stop()


@contextmanager
def program(*words: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "procwire", "metrics", *words],
        env=os.environ | {"PYTHONPATH": str(SOURCE)}, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    ) as made:  # fmt: skip
        try:
            yield made
        finally:
            made.send_signal(signal.SIGTERM)


def line(of: IO[str] | None) -> str:
    assert of is not None
    return of.readline()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def asked(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as answer:
        text: str = answer.read().decode()
    return text


@pytest.mark.skipif(bool(need("prometheus")), reason="needs prometheus")
def test_a_real_prometheus_scrapes_it(engine: tuple[Engine, str], tmp_path: Path) -> None:
    one, path = engine
    binary = shutil.which("prometheus")
    assert binary is not None
    with program("--socket", path, "--listen", "127.0.0.1:0") as made:
        target = line(made.stderr).split("http://")[1].split("/")[0]
        config, port = tmp_path / "p.yml", free_port()
        config.write_text(
            "global: {scrape_interval: 500ms, scrape_timeout: 400ms}\n"
            f"scrape_configs: [{{job_name: p, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        flow = flow_of(1, bytes_out=70)
        flow.ended = "fin"
        with one.lock:
            one.book.told("end", flow)
        with subprocess.Popen(
            [binary, f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'db'}",
             f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL,
        ) as prometheus:  # fmt: skip
            try:
                query = f"http://127.0.0.1:{port}/api/v1/query?query=procwire_process_bytes_total"

                def found() -> list[dict[str, str]]:
                    try:
                        told = json.loads(asked(query))["data"]["result"]
                    except OSError:
                        return []
                    return [each["metric"] | {"value": each["value"][1]} for each in told]

                wait_for(lambda: bool(found()), what="a scraped sample")
                labels = {(each["process"], each["direction"]): each["value"] for each in found()}
                assert labels["p1", "out"] == "70"
                up = json.loads(asked(query.replace("procwire_process_bytes_total", "up")))["data"]["result"]
                assert [each["value"][1] for each in up] == ["1"]
            finally:
                prometheus.terminate()
        made.send_signal(signal.SIGTERM)
        assert made.wait(60) == 0


def test_once_prints_and_ends(engine: tuple[Engine, str]) -> None:
    with program("--socket", engine[1], "--once", "--for", "1s") as made:
        assert made.stdout is not None
        assert "procwire_up 1.0" in made.stdout.read()
        assert made.wait(60) == 0


def test_what_cannot_be_sent_is_said_and_ends_degraded(engine: tuple[Engine, str]) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with program("--socket", engine[1], "--otlp", nowhere, "--for", "500ms") as made:
        assert "not sent: http://127.0.0.1" in line(made.stderr)
        assert made.wait(60) == exit.INCOMPLETE


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--listen", "9464"], 2, "not an address and a port"),
        (["--listen", "127.0.0.1:99999"], 2, "not an address and a port"),
        (["--otlp", "http://x", "--once"], 2, "--otlp goes without"),
        (["--header", "a=b"], 2, "--header goes with --otlp"),
        (["--otlp", "x"], 1, "not an address like"),
        (["--socket", "/no/such", "--once"], 1, "no daemon listens there"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        assert main(["metrics", *words]) == code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_places_and_headers(tmp_path: Path) -> None:
    assert metrics.place("[::1]:80") == ("::1", 80)
    secret = tmp_path / "key"
    secret.write_text("s3cret\n")
    assert metrics.headers(["A=b=c", f"Authorization=@{secret}"]) == {"A": "b=c", "Authorization": "s3cret"}
    for wrong in ("nothing", "A=@/no/such/file"):
        with pytest.raises(EngineError):
            metrics.headers([wrong])
