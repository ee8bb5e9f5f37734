"""procwire flow: one flow whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.exit import FAILURE, OK
from procwire.cli.main import main
from tests.cli.program import HTTP

Capture = pytest.CaptureFixture[bytes]


@pytest.fixture
def flow(tmp_path: Path, capfdbinary: Capture) -> dict[str, str]:
    assert main(["read", str(HTTP), "--json", "--store", str(tmp_path)]) == OK
    flows = map(json.loads, capfdbinary.readouterr().out.splitlines())
    found: dict[str, str] = next(flow for flow in flows if flow["app"] == "http")
    del found["event"]
    return found


@pytest.mark.parametrize("name", ["flow_id", "community_id"])
def test_a_flow_and_its_observations(
    tmp_path: Path, capfdbinary: Capture, flow: dict[str, str], name: str
) -> None:
    assert main(["flow", flow[name], "--json", "--store", str(tmp_path)]) == OK
    first, *seen = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert first == flow
    assert {row["schema"] for row in seen} == {"procwire.http/1"}
    assert {row["flow_id"] for row in seen} == {flow["flow_id"]}
    assert [row["time"] for row in seen] == sorted(row["time"] for row in seen)


def test_for_people(tmp_path: Path, capfdbinary: Capture, flow: dict[str, str]) -> None:
    assert main(["flow", flow["flow_id"], "--store", str(tmp_path)]) == OK
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[0].split() == ["flow_id", flow["flow_id"]]
    assert f"start{' ' * 19}{flow['start']}" in lines
    assert any("  out  http  " in line and "method=GET" in line for line in lines)


def test_a_flow_that_is_not_there(tmp_path: Path, capfdbinary: Capture, flow: dict[str, str]) -> None:
    assert flow
    assert main(["flow", "0123456789abcdef", "--store", str(tmp_path)]) == FAILURE
    assert b"no flow 0123456789abcdef is stored" in capfdbinary.readouterr().err
