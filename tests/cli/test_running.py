"""``procwire run``: a real program, its flows and nobody else's, in clear."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.cli.program import run
from tests.lab import need, wait_for

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="capturing needs root")
MISSING = need("openssl", "curl")
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """The port of an ``openssl s_server`` on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    pair, certificate = str(tmp_path / "pair.pem"), str(tmp_path / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-keyout", pair, "-out", certificate,
                    "-subj", "/CN=localhost"], check=True, capture_output=True,
                   timeout=30)  # fmt: skip
    program = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", pair, "-www",
         "-quiet"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: _answers(port), what="openssl s_server")
        yield port
    finally:
        program.terminate()
        program.wait(60)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@AS_ROOT
@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
def test_a_program_is_seen_in_clear_and_alone(server: int, tmp_path: Path) -> None:
    url, kept = f"https://127.0.0.1:{server}/", tmp_path / "keys"
    stranger = subprocess.Popen(["sh", "-c", f"sleep 1; curl -sk -o /dev/null {url}"])
    out = tmp_path / "out"
    words = f"curl -sk -o /dev/null {url}; sleep 2; exit 7"
    done = run("run", "--json", "--output", str(out), "--keep", str(kept), "--", "sh", "-c", words)
    stranger.wait(60)
    assert done.returncode == 7, done.stderr
    flows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(flow["app"], flow["via"]) for flow in flows] == [("http", "tls")]
    assert "curl" in {flows[0]["process"], flows[0].get("peer_process")}
    assert b"CLIENT_TRAFFIC_SECRET_0" in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


@AS_ROOT
def test_what_the_program_says_and_how_it_ends_is_its_own() -> None:
    started = time.monotonic()
    done = run("run", "sh", "-c", "sleep 1; echo said; kill -9 $$")
    assert done.stdout.startswith(b"said\n")
    assert done.returncode == 128 + 9
    assert time.monotonic() - started < 60


def test_endings_without_a_program(capsys: Capsys) -> None:
    assert main(["run"]) == 2
    assert "which program?" in capsys.readouterr().err
    assert main(["run", "--", "/no/such/program"]) == 127
    assert "/no/such/program: no such program" in capsys.readouterr().err
    assert main(["run", "--group", "remote", "true"]) == 2
    assert "--group does not go with it" in capsys.readouterr().err
