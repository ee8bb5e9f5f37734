"""Impairments and incidents as tables."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from procwire.alerts.outbox import Outbox
from procwire.cli import abilities
from procwire.recorder import asking
from procwire.recorder.incident import HEAD
from procwire.recorder.vault import FOLDER
from procwire.tui.host import HostError
from tests.alerts.samples import FINDING, NOW


def test_what_was_asked_is_said_flat() -> None:
    document = {"target": "interface:eth0", "egress": {"delay": "80ms", "loss": {"rate": "1%"}, "rate": None}}
    assert list(abilities.asked_of(document)) == ["egress.delay=80ms", "egress.loss.rate=1%"]
    assert list(abilities.asked_of({"match": ["port=53", "port=80"]})) == ["match=port=53; port=80"]


def test_each_side_of_an_impairment_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procwire.cli.shape_set.ending", lambda entry: "ends in 5m")
    entry: Any = SimpleNamespace(
        id="a1", document={"target": "interface:eth0", "egress": {"delay": "80ms"}}, notes=()
    )
    counted = [
        {
            "interface": "eth0",
            "side": "egress",
            "there": True,
            "packets": 7,
            "bytes": 700,
            "drops": 1,
            "waiting": 2,
        },
        {"interface": "eth0", "side": "ingress", "there": False},
    ]
    first, second = abilities._rows(entry, counted, watched=True)
    assert (first.interface, first.packets, first.dropped, first.asked) == (
        "eth0 egress",
        7,
        1,
        ("egress.delay=80ms",),
    )
    assert second.packets is None
    assert [column.get(first) for column in abilities.SHAPING]


def test_incidents_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abilities, "folders", lambda: [tmp_path / FOLDER])
    assert abilities.frozen() == []
    folder = tmp_path / FOLDER / "one"
    folder.mkdir(parents=True)
    head = {"id": "one", "state": "frozen", "packets": 5, "trigger": "2026-01-01T00:00:00Z"}
    (folder / HEAD).write_bytes(msgspec.json.encode(head))
    assert [(row.id, row.packets) for row in abilities.frozen()] == [("one", 5)]


def test_without_a_recorder_nothing_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procwire.recorder.asking.recording", list)
    with pytest.raises(HostError) as caught:
        abilities.recorders_told("freeze")
    assert "--record" in caught.value.remedy


def test_every_recorder_is_asked_by_the_signal_of_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("procwire.recorder.asking.recording", lambda: [5, 7])
    monkeypatch.setattr("procwire.recorder.asking.ask", lambda *given: asked.append(given))
    assert abilities.recorders_told("disarm") == "asked 5, 7 to disarm"
    abilities.recorders_told("arm")
    assert asked == [(5, asking.DISARM), (7, asking.DISARM), (5, asking.ARM), (7, asking.ARM)]


def test_without_an_outbox_there_are_no_alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procwire.alerts.file.outbox_file", lambda _: tmp_path / "alerts.db")
    assert abilities.kept_alerts() == []
    outbox = Outbox(tmp_path / "alerts.db", {})
    outbox.enqueue(FINDING, now=NOW)
    outbox.close()
    (row,) = abilities.kept_alerts()
    assert (row.state, row.alert.finding.detector) == ("delivered", "scan")


def test_the_own_namespace_has_no_name_to_be_said() -> None:
    assert abilities.namespaces()[Path("/proc/self/ns/net").stat().st_ino] == ""
