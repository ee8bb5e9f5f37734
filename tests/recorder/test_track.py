"""A ring keeps at least what its bounds ask for, at most a block more, and its blocks are a file."""

from __future__ import annotations

from pathlib import Path

from procwire.capture.files import open_files
from procwire.capture.source import Interface
from procwire.capture.writer import section
from procwire.model.frames import batch_of
from procwire.recorder.track import BLOCK_BYTES, Block, Numbers, Ring
from procwire.recorder.wishes import Track

SECOND = 10**9
ONE = [Interface(), Interface(index=1, name="eth0", link=1)]


def ring(track: Track) -> tuple[Ring, list[Block]]:
    sealed: list[Block] = []
    return Ring(track, Numbers(ONE), sealed.append), sealed


def test_blocks_are_read_back_as_they_came(tmp_path: Path) -> None:
    frames = [bytes([number]) * (60 + number) for number in range(50)]
    kept, sealed = ring(Track())
    kept.take(batch_of(frames, start=5 * SECOND), 0, 50)
    kept.seal()
    numbers = kept._numbers
    path = tmp_path / "x.pcapng"
    path.write_bytes(b"".join([section(), *numbers.described, *(block.data for block in sealed)]))
    (batch,) = open_files((str(path),)).batches()
    assert [batch.frame(row) for row in range(batch.count)] == frames
    assert batch.time[0] == 5 * SECOND


def test_the_oldest_goes_by_size_count_and_age() -> None:
    frames = [bytes(1000)] * 1000
    by_size, _ = ring(Track(size_bytes=300_000))
    by_size.take(batch_of(frames), 0, 1000)
    by_size.seal()
    assert by_size.bytes <= 300_000 < by_size.bytes + BLOCK_BYTES
    assert by_size.packets + by_size.aged_packets == 1000
    by_count, _ = ring(Track(packets=400))
    by_count.take(batch_of(frames), 0, 1000)
    by_count.seal()
    assert 0 < by_count.packets <= 400
    by_age, _ = ring(Track(span_ns=2 * SECOND))
    by_age.take(batch_of(frames, start=SECOND), 0, 1000)
    by_age.tick(SECOND * 3)
    assert by_age.packets == 1000
    by_age.tick(SECOND * 5)
    assert (by_age.packets, by_age.bytes, by_age.aged_packets) == (0, 0, 1000)


def test_headers_alone_and_giants(tmp_path: Path) -> None:
    kept, sealed = ring(Track(most=128))
    kept.take(batch_of([bytes(1500)]), 0, 1)
    kept.seal()
    assert len(sealed[0].data) == 160
    whole, blocks = ring(Track())
    whole.take(batch_of([bytes(60), bytes(BLOCK_BYTES * 2), bytes(60)]), 0, 3)
    whole.seal()
    assert sum(block.packets for block in blocks) == 3
