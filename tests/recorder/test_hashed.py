"""What is hashed while it is written has the hashes of what was written."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3

from procwire.recorder import hashed as module
from procwire.recorder.hashed import ROOM_BYTES, ROOMS, Hashed, HashedFile, hashed, past_cache


def of(data: bytes, *, sha: bool = False) -> Hashed:
    return Hashed(len(data), blake3(data).hexdigest(), hashlib.sha256(data).hexdigest() if sha else "")


@pytest.mark.parametrize("size", [0, 1, ROOM_BYTES, ROOM_BYTES + 1])
def test_of_a_file_that_is_there(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert hashed(io.BytesIO(data)) == of(data)
    assert hashed(io.BytesIO(data), sha=True) == of(data, sha=True)


@pytest.mark.parametrize("expected", [0, 5 << 20])
@pytest.mark.parametrize("sha", [False, True])
@pytest.mark.parametrize("how", ["cached", "past the cache", "it opens so and cannot", "no room ahead"])
def test_as_it_is_written(
    how: str, sha: bool, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM_BYTES", size := 1 << 16)
    monkeypatch.setattr(module, "ALLOCATED_BYTES", 1 << 18)
    path = tmp_path / "file"
    parts = [bytes([number]) * part for number in range(ROOMS + 2) for part in (7, size - 7, 10_000)]
    parts += [b"more than a room" * 7_000, b"end"]
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(path.open("wb"))
        past = -1 if how == "cached" else stack.enter_context(past_cache(file.fileno()))
        if how == "no room ahead":
            monkeypatch.setattr(module, "call", no_room)
        if how == "it opens so and cannot":
            monkeypatch.setattr(os, "pwrite", refusing(past))
        output = HashedFile(file.fileno(), past, sha=sha)
        output.expect(expected)
        for part in parts:
            output.put(part)
        room = output.room(5)
        assert len(room) >= 5
        room[:5] = b"again"
        output.take(5)
        found = output.close()
    data = b"".join(parts) + b"again"
    assert path.stat().st_blocks * 512 < len(data) + (1 << 20)  # what was taken ahead is given back
    assert path.read_bytes() == data
    assert found == of(data, sha=sha)


def no_room(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def refusing(past: int) -> Callable[[int, memoryview, int], int]:
    """A file system that takes O_DIRECT and then no write of it."""
    real = os.pwrite

    def pwrite(fd: int, data: memoryview, place: int) -> int:
        if fd == past:
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(fd, data, place)

    return pwrite


def test_a_file_system_without_a_way_past_the_cache(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        with past_cache(reading) as past:
            assert past == -1  # this end does not write
    finally:
        os.close(reading)
        os.close(writing)


def test_an_error_is_said_to_who_goes_on_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOM_BYTES", 4096)
    fd = os.open("/dev/full", os.O_WRONLY)
    output = HashedFile(fd)
    with pytest.raises(OSError, match="No space left"):
        fill(output)
    with pytest.raises(OSError, match="No space left"):
        output.close()
    os.close(fd)
    assert not any(thread.is_alive() for thread in output._writing.threads)


def fill(output: HashedFile) -> None:
    """More than can wait."""
    for _ in range(10 * ROOMS):
        output.put(bytes(4096))


def test_an_empty_file(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        assert HashedFile(file.fileno()).close() == of(b"")


def test_a_disk_that_is_full_is_said_and_the_thread_ends() -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    output = HashedFile(fd)
    output.put(b"data")
    with pytest.raises(OSError, match="No space left"):
        output.close()
    os.close(fd)
    assert not any(thread.is_alive() for thread in output._writing.threads)
