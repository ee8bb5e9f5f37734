"""What is lent stays as it is until it is given back; then it is used again."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.capture.files import open_files
from procwire.capture.lending import Lending, Turns
from procwire.model.frames import FrameBatch
from tests.capture import crafted
from tests.capture.crafted import write


def test_turns_are_used_again_after_the_others() -> None:
    turns = Turns(rows=1, lives=2)
    one, other = turns.buffer(8), turns.buffer(8)
    assert one is not other
    assert turns.buffer(8) is one
    giant = turns.buffer(99, instead=True)
    assert len(giant) == 99
    assert turns.buffer(8) is other
    assert [turns.batch() is turns.batch(), turns.batch() is turns.batch()] == [False, False]


def test_a_buffer_is_free_once_its_reader_and_every_batch_let_go() -> None:
    lending = Lending(size=8, rows=1)
    buffer = lending.buffer(8)
    batches = [lending.batch(), lending.batch()]
    for batch in batches:
        batch.buffer = buffer
        lending.lend(batch)
    lending.give_back(batches[0])
    lending.left(buffer)
    assert lending.bytes == 8
    assert lending.buffer(8) is not buffer  # the second batch has it
    lending.give_back(batches[1])
    assert lending.bytes == 8
    assert lending.buffer(8) is buffer
    assert {id(lending.batch()), id(lending.batch())} == {id(batch) for batch in batches}


def test_a_giant_is_not_kept_for_later() -> None:
    lending = Lending(size=8, rows=1)
    giant = lending.buffer(999)
    assert (len(giant), lending.bytes) == (999, 999)
    lending.left(giant)
    assert (len(lending.buffer(8)), lending.bytes) == (8, 8)


@pytest.mark.parametrize("hold", [1, 5, 10_000])
def test_batches_of_files_stay_until_they_are_given_back(hold: int, tmp_path: Path) -> None:
    """In whatever number; and no more memory is had than what is held, and what the reader has."""
    paths = [str(write(tmp_path / name, crafted.pcap(900))) for name in ("a", "b")]
    source = open_files(paths, chunk_bytes=4096, lent=True)
    assert source.lending is not None
    held: list[tuple[FrameBatch, list[bytes]]] = []
    read, most = [], 0
    for batch in source.batches():
        frames = [batch.frame(row) for row in range(batch.count)]
        read += frames
        held.append((batch, frames))
        most = max(most, source.lending.bytes)
        for old, those in held:
            assert [old.frame(row) for row in range(old.count)] == those
        if len(held) >= hold:
            source.lending.give_back(held.pop(0)[0])
    assert read == [batch.frame(row) for batch in open_files(paths).batches() for row in range(batch.count)]
    assert most <= 4096 * (min(hold, len(read)) + 3)
