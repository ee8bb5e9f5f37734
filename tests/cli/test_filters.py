"""procwire filters: check a file, explain a flow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.exit import FAILURE, OK, USAGE
from procwire.cli.main import main
from tests.cli.program import HTTP

Capture = pytest.CaptureFixture[bytes]
TEXT = "filters:\n- {app: dns, action: ignore}\n- {app: http, action: alert, name: the web}\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "f.yaml").write_text(TEXT)
    return str(tmp_path / "f.yaml")


def test_check(tmp_path: Path, capfdbinary: Capture, file: str) -> None:
    assert main(["filters", "check", file]) == OK
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["ignore", "alert", "monitor"]
    (tmp_path / "bad.yaml").write_text("filters:\n- {ap: dns, action: ignore}\n")
    assert main(["filters", "check", str(tmp_path / "bad.yaml")]) == USAGE
    assert b"bad.yaml:2: there is no key 'ap'" in capfdbinary.readouterr().err
    assert main(["filters", "check"]) == USAGE


def test_explain(tmp_path: Path, capfdbinary: Capture, file: str) -> None:
    assert main(["read", str(HTTP), "--json", "--store", str(tmp_path)]) == OK
    flows = map(json.loads, capfdbinary.readouterr().out.splitlines())
    flow = next(flow["flow_id"] for flow in flows if flow["app"] == "http")
    assert main(["filters", "explain", flow, "--filters", file, "--store", str(tmp_path)]) == OK
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert "no, as app: dns does not fit (app is http)" in lines[0]
    assert lines[1].endswith("'the web': fits, so: alert")
    assert main(["filters", "explain", "0" * 16, "--filters", file, "--store", str(tmp_path)]) == FAILURE
    assert main(["filters", "explain", flow]) == USAGE
