"""Whatever holds packets and owners opens; what does not says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.recorder.incident import HEAD, PACKETS
from procwire.recorder.opening import opened
from procwire.recorder.reason import RecorderError
from tests.recorder.bundles import lines, made
from tests.recorder.taped import HTTP


@pytest.fixture(scope="module")
def netwatch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as NetWatch 0.29 lays it out: manifest of version 1, connections, packets.pcap."""
    tmp = tmp_path_factory.mktemp("netwatch")
    flows = lines(made(tmp, str(HTTP)) / "flows.ndjson")
    first = next(flow for flow in flows if flow["proto"] == "tcp")
    place = tmp / "netwatch_incident_20261126_000000"
    place.mkdir()
    shutil.copy(HTTP, place / "packets.pcap")
    told = {
        "version": 1, "state": "frozen", "window_seconds": 300, "armed_at": None, "frozen_at": first["start"],
        "freeze_reason": "manual", "packet_count": 159, "connection_snapshots": 1,
    }  # fmt: skip
    (place / "manifest.json").write_text(json.dumps(told))
    connection = {
        "protocol": "TCP", "local_addr": f"{first['src']}:{first['src_port']}",
        "remote_addr": f"{first['dst']}:{first['dst_port']}", "state": "ESTABLISHED", "pid": 99,
        "process_name": "wget", "handshake_rtt_us": None, "attribution": "lsof",
    }  # fmt: skip
    (place / "connections.json").write_text(
        json.dumps([{"timestamp": first["start"], "connections": [connection]}, "junk"])
    )
    return place


def test_a_bundle_of_netwatch(netwatch: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "open", str(netwatch), "--json"]) == 0
    flows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(flow["process"], flow["pid"]) for flow in flows if "process" in flow] == [("wget", 99)]
    made_ours = made(netwatch.parent, str(netwatch), name="ours")
    assert [flow["pid"] for flow in lines(made_ours / "flows.ndjson") if "pid" in flow] == [99]


def test_an_incident_that_was_never_finished(tmp_path: Path) -> None:
    (tmp_path / HEAD).write_text(json.dumps({"state": "recording", "lacking": []}))
    shutil.copy(HTTP, tmp_path / PACKETS)
    found = opened(tmp_path)
    assert found.incident["lacking"] == ["it was never finished"]
    assert found.packets == str(tmp_path / PACKETS)


@pytest.mark.parametrize("told", [None, {"schema": "other/1"}, {"version": 2}])
def test_what_is_none(tmp_path: Path, told: dict[str, object] | None) -> None:
    if told is not None:
        (tmp_path / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(RecorderError):
        opened(tmp_path)
