"""A manifest names every file, and verify every change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from procwire.recorder import clocks, manifest
from procwire.recorder.building import seal
from procwire.recorder.container import Container
from procwire.recorder.manifest import Fault
from procwire.recorder.reason import RecorderError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"")
    seal(tmp_path, {"schema": manifest.SCHEMA, **manifest.made_by(clocks.read())}, sha=True)
    return tmp_path


def faults(place: Path) -> list[Fault]:
    with Container(place) as container:
        return manifest.verify(container)


def test_whole(place: Path) -> None:
    assert faults(place) == []
    with Container(place) as container:
        told = manifest.read(container)
    assert told["files"]["a"]["bytes"] == 3
    assert told["files"]["a"]["sha256"].startswith("7692c3ad3540bb80")
    assert told["tool"]["procwire"]


def test_a_hash_is_needed_and_each_that_is_there_counts(place: Path) -> None:
    with Container(place) as container:
        told = manifest.read(container)
    files = told["files"]
    for fields, wrong in (
        ({"bytes": 3}, "blake3"),
        ({"bytes": 3, "sha256": files["a"]["sha256"]}, "blake3"),
        ({**files["a"], "sha256": ""}, "sha256"),
    ):
        (place / manifest.NAME).write_bytes(msgspec.json.encode(told | {"files": files | {"a": fields}}))
        assert faults(place) == [Fault("a", f"was changed: other {wrong}")]


def test_without_the_slower_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    seal(tmp_path, {"schema": manifest.SCHEMA})
    with Container(tmp_path) as container:
        assert set(manifest.read(container)["files"]["a"]) == {"bytes", "blake3"}
    assert faults(tmp_path) == []
    (tmp_path / "a").write_bytes(b"0ne")
    assert faults(tmp_path) == [Fault("a", "was changed: other blake3")]


def test_each_change_is_named(place: Path) -> None:
    (place / "a").write_bytes(b"0ne")
    (place / "b").unlink()
    (place / "c").write_bytes(b"")
    assert [(fault.name, fault.what.partition(":")[0]) for fault in faults(place)] == [
        ("b", "is missing"), ("c", "is not in the manifest"), ("a", "was changed"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", [b"{}", b"[]", b"x", msgspec.json.encode({"schema": "procwire.bundle/9"})])
def test_a_manifest_that_is_none(place: Path, text: bytes) -> None:
    (place / manifest.NAME).write_bytes(text)
    with pytest.raises(RecorderError):
        faults(place)


def test_what_has_no_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match=r"is no bundle: there is no manifest\.json in it"):
        faults(tmp_path)
    (tmp_path / "incident.json").write_bytes(b"{}")
    with pytest.raises(RecorderError, match="is an incident as it was recorded"):
        faults(tmp_path)
