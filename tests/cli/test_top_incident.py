"""What a word after ``procwire top`` names."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.cli.top_incident import opened_of
from procwire.engine.options import EngineError
from tests.cli.program import HTTP


def test_a_capture_file_is_no_incident() -> None:
    assert opened_of(str(HTTP)) is None
    assert opened_of("nothing-of-that-name") is None


def test_a_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no incident and no bundle"):
        opened_of(str(tmp_path))


def test_an_incident_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "incidents" / "20261126T0022-scan"
    folder.mkdir(parents=True)
    (folder / "incident.json").write_text('{"id": "20261126T0022-scan", "state": "frozen", "packets": 3}')
    monkeypatch.setattr("procwire.recorder.vault.state_directory", lambda: tmp_path)
    opened = opened_of("20261126T0022-scan")
    assert opened is not None
    assert "frozen, 3 packets" in opened.about
    assert opened.packets.startswith(str(folder))
