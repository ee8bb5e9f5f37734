"""Incidents as rows, and heads that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.recorder.incident import HEAD
from procwire.recorder.listing import INCIDENTS, head, incidents
from procwire.recorder.reason import RecorderError


def test_rows_from_heads(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    told = {
        "id": "one", "state": "frozen", "trigger": "2026-11-26T00:00:00Z", "packets": 5, "bytes": 7,
        "reasons": [{"kind": "finding", "name": "scan", "severity": "high"}, {"kind": "signal"}],
        "lacking": ["late"], "dropped": {"over the quota": 3},
    }  # fmt: skip
    (tmp_path / "one" / HEAD).write_text(json.dumps(told))
    (tmp_path / "other").mkdir()
    (row,) = incidents(tmp_path)
    assert (row.id, row.packets, row.reasons) == ("one", 5, ("high scan", "signal"))
    assert row.lacking == ("late", "3 packets: over the quota")
    assert INCIDENTS.column("trigger").get(row) > 0
    assert list(incidents(tmp_path / "nowhere")) == []


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_what_is_no_head(tmp_path: Path, text: str) -> None:
    (tmp_path / HEAD).write_text(text)
    with pytest.raises(RecorderError):
        head(tmp_path)
