"""Batches wait in order, are given back when the next is taken, and are too many at a bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.capture.files import open_files
from procwire.capture.writer import PcapngWriter
from procwire.model.frames import batch_of
from procwire.recorder import kept as module
from procwire.recorder.kept import Kept


def test_in_order_and_given_back(tmp_path: Path) -> None:
    frames = [bytes([number]) * 3000 for number in range(40)]
    writer = PcapngWriter(str(tmp_path / "x"), [])
    writer.write(batch_of(frames))
    writer.close()
    source = open_files([str(tmp_path / "x")], chunk_bytes=1 << 13, lent=True)
    kept = Kept()
    kept.of(source)
    assert kept.take() is None
    for batch in source.batches():
        kept.add(batch)
    assert kept.interfaces is source.interfaces
    assert source.lending is not None
    most = source.lending.bytes
    assert most > sum(map(len, frames))
    taken = []
    while (found := kept.take()) is not None:
        taken += [found.frame(row) for row in range(found.count)]
    assert taken == frames
    assert source.lending.bytes < most // 4  # what the reader has in hand


def test_too_many_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BATCHES", 1)
    kept = Kept()
    kept.add(batch_of([b"a"]))
    assert not kept.full
    kept.add(batch_of([b"b"]))
    assert kept.full
    assert kept.take() is not None
    assert not kept.full
