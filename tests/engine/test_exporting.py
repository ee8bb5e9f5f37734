"""Exports without a face."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.engine.exporting import export
from procwire.engine.options import EngineError, ExportOptions
from tests.cli.program import DNS, HTTP


def test_several_files_become_one(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    alone = [export(ExportOptions(paths=(str(path),), output=str(out))).frames for path in (DNS, HTTP)]
    both = export(ExportOptions(paths=(str(DNS), str(HTTP)), output=str(out), merge=True))
    assert both.frames == sum(alone)
    assert both.error == ""


def test_damage_is_told_and_what_came_before_is_there(tmp_path: Path) -> None:
    cut, out = tmp_path / "cut.pcap", tmp_path / "out.pcapng"
    cut.write_bytes(DNS.read_bytes()[:-7])
    done = export(ExportOptions(paths=(str(cut),), output=str(out)))
    assert done.frames > 30
    assert "offset" in done.error
    assert out.stat().st_size > 1000


def test_secrets_must_be_there_to_be_exported(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no secrets to export"):
        export(ExportOptions(paths=(str(DNS),), output=str(tmp_path / "o"), with_keys=True))
    assert not (tmp_path / "o").exists()
