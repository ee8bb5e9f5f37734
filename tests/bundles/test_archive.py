"""Bundles as files: every byte is signed for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from procwire.bundles import archive, manifest
from procwire.bundles.archive import Bundle
from procwire.bundles.reason import BundleError
from procwire.ledger.keys import EpochKey
from tests.bundles.test_manifest import FILES

KEY = EpochKey("site", b"k" * 32)


def made(path: Path, key: EpochKey = KEY) -> Path:
    archive.write(path, manifest.manifest("site", "2026-11-26", FILES), FILES, key)
    return path


def test_reads_back(tmp_path: Path) -> None:
    path = made(tmp_path / "x.pwb")
    with Bundle(path, [KEY.verifier]) as bundle:
        assert bundle.signers == [KEY.verifier]
        assert {entry.path: data for entry, data in bundle.files()} == FILES
    with pytest.raises(BundleError, match="File exists"):
        made(path)


def believed(path: Path) -> bool:
    """Whether all of it is read and signed."""
    try:
        with Bundle(path, [KEY.verifier]) as bundle:
            list(bundle.files())
            return bool(bundle.signers)
    except BundleError:
        return False


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    good = made(tmp_path / "x.pwb").read_bytes()
    spoiled, chance = tmp_path / "y.pwb", random.Random(1)
    assert believed(tmp_path / "x.pwb")
    for at in range(chance.randrange(2), len(good), 2):
        changed = bytearray(good)
        changed[at] ^= chance.randint(1, 255)
        spoiled.write_bytes(changed)
        assert not believed(spoiled), f"byte {at}"
    for data in (good[:-1], good + b"x", good[: len(good) // 2], b"", b"\xff" * 100):
        spoiled.write_bytes(data)
        assert not believed(spoiled)


def test_keys_that_are_trusted(tmp_path: Path) -> None:
    other = EpochKey("other", b"o" * 32)
    (tmp_path / "a.pub").write_text(f"{KEY.verifier}\n")
    assert archive.trusted(tmp_path) == [KEY.verifier]
    assert archive.trusted(tmp_path / "none") == []
    path = made(tmp_path / "x.pwb", other)
    with Bundle(path, archive.trusted(tmp_path)) as bundle:
        assert (bundle.signers, bundle.claims) == ([], ("other",))
    named_alike = EpochKey("site", b"z" * 32)
    with Bundle(made(tmp_path / "z.pwb", named_alike), archive.trusted(tmp_path)) as bundle:
        assert bundle.signers == []
    (tmp_path / "b.pub").write_text("nonsense")
    with pytest.raises(BundleError):
        archive.trusted(tmp_path)
    with pytest.raises(BundleError, match="No such file"):
        Bundle(tmp_path / "none", [])
