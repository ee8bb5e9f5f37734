"""Merging by time: the order, ties, files out of order, giant frames, many files."""

from __future__ import annotations

import heapq
import io
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture.files import open_files
from procwire.capture.merge import OUT_BYTES
from tests.capture import crafted
from tests.capture.crafted import pcap_header, read_all, record, write


def file_of(times: list[int], mark: int, size: int = 4) -> io.BytesIO:
    frames = (
        record(time, 0, mark.to_bytes(2, "big") + n.to_bytes(2, "big") + bytes(size - 4))
        for n, time in enumerate(times)
    )
    return io.BytesIO(pcap_header(snaplen=16 << 20) + b"".join(frames))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), max_size=30), min_size=1, max_size=6))
def test_as_a_heap_over_the_heads_would(files: list[list[int]]) -> None:
    source = open_files([file_of(times, n) for n, times in enumerate(files)], merge=True)
    found, error = read_all(source)
    waiting = [[(time, n, i) for i, time in enumerate(times)] for n, times in enumerate(files)]
    heap = [(queue[0][:2], queue) for queue in waiting if queue]
    heapq.heapify(heap)
    expected = []
    while heap:
        _, queue = heapq.heappop(heap)
        expected.append(queue.pop(0))
        if queue:
            heapq.heappush(heap, (queue[0][:2], queue))
    got = [
        (row[0] // 1_000_000_000, int.from_bytes(row[4][:2], "big"), int.from_bytes(row[4][2:4], "big"))
        for row in found
    ]
    assert error is None
    assert got == expected
    assert source.counts.frames == len(expected)


def test_many_frames_of_many_files() -> None:
    source = open_files([file_of(list(range(n, 9000, 7)), n, 900) for n in range(7)], merge=True)
    held = []
    times: list[int] = []
    for batch in source.batches():
        assert batch.first == len(times) + 1
        times += [batch.time[n] // 1_000_000_000 for n in range(batch.count)]
        held.append((batch, batch.frame(0), batch.frame(batch.count - 1)))
        for old, first, last in held[-3:]:
            assert (old.frame(0), old.frame(old.count - 1)) == (first, last)
    assert times == list(range(9000))


def test_a_giant_frame_passes_through() -> None:
    source = open_files([file_of([1, 5, 9], 1, OUT_BYTES + 5000), file_of([2, 6, 10], 2)], merge=True)
    found, error = read_all(source)
    sizes = [len(row[4]) for row in found]
    assert (sizes, error) == ([OUT_BYTES + 5000, 4] * 3, None)


def test_interfaces_of_several_files_are_told_apart(tmp_path: Path) -> None:
    paths = []
    for name in (b"a", b"b"):
        data = crafted.section() + crafted.interface(options=crafted.option(2, name))
        data += crafted.packet(1, name) + crafted.packet(2, name)
        paths.append(str(write(tmp_path / name.decode(), data)))
    source = open_files(paths, merge=True)
    seen = [
        (batch.frame(n), source.interfaces[batch.interface[n]].name)
        for batch in source.batches()
        for n in range(batch.count)
    ]
    assert seen == [(b"a", "a"), (b"b", "b"), (b"a", "a"), (b"b", "b")]


def test_nothing_merged_is_nothing() -> None:
    assert read_all(open_files([], merge=True)) == ([], None)
