"""Incidents as rows, and heads that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.recorder import listing
from procwire.recorder.incident import HEAD
from procwire.recorder.listing import INCIDENTS, directory_of, folders, head, incidents
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


def test_incidents_are_found_where_a_watch_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, other = tmp_path / "usual", tmp_path / "other"
    for folder, name in ((usual, "20260102"), (other, "20260101")):
        (folder / name).mkdir(parents=True)
        (folder / name / HEAD).write_text(json.dumps({"id": name}))
    monkeypatch.setattr(listing, "place", lambda named: Path(named) if named else usual)
    monkeypatch.setattr(listing, "places", lambda: [other, usual])
    assert folders() == [usual, other]
    assert folders(str(other)) == [other]
    assert [row.id for row in incidents(*folders())] == ["20260101", "20260102"]
    assert directory_of("20260101") == other / "20260101"
    assert directory_of("nothing") == usual / "nothing"
