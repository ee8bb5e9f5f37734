"""What is hashed while it is written has the hashes of what was written."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from blake3 import blake3

from procwire.recorder import hashed as module
from procwire.recorder.hashed import ROOM_BYTES, ROOMS, Hashed, HashedFile, hashed


def of(data: bytes) -> Hashed:
    return Hashed(len(data), hashlib.sha256(data).hexdigest(), blake3(data).hexdigest())


@pytest.mark.parametrize("size", [0, 1, ROOM_BYTES, ROOM_BYTES + 1])
def test_of_a_file_that_is_there(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    assert hashed(io.BytesIO(data)) == of(data)


def test_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EARLY_BYTES", 2 * ROOM_BYTES)
    path = tmp_path / "file"
    parts = [bytes([number]) * size for number in range(ROOMS + 2) for size in (7, ROOM_BYTES - 7, 100_000)]
    parts += [b"more than a room" * 70_000, b"end"]
    with path.open("wb") as file:
        output = HashedFile(file.fileno())
        for part in parts:
            output.put(part)
        room = output.room(5)
        assert len(room) >= 5
        room[:5] = b"again"
        output.take(5)
        found = output.close()
    data = b"".join(parts) + b"again"
    assert path.read_bytes() == data
    assert found == of(data)


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
    assert not output._thread.is_alive()
