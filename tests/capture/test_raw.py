"""Files, pipes and file objects: bytes in order, counted, never sought."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from procwire.capture.raw import Raw, size_of
from procwire.capture.source import CaptureError


def test_a_peek_stays_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abcdef")
    raw = Raw(str(path))
    assert raw.peek(4) == b"abcd"
    view = memoryview(bytearray(3))
    assert raw.readinto(view) == 3
    assert bytes(view) + raw.read(1) + raw.read(9) + raw.read(9) == b"abcdef"
    assert raw.taken == size_of(str(path)) == 6
    raw.close()


def test_a_pipe_that_does_not_block_is_waited_for() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    def write() -> None:
        os.write(writing, b"late")
        os.close(writing)

    timer = threading.Timer(0.05, write)
    timer.start()
    with io.FileIO(reading) as file:
        raw = Raw(file)
        assert (raw.peek(9), size_of(file)) == (b"late", None)
    timer.join()


@pytest.mark.parametrize(("name", "reason"), [("none", "no such file or directory"), (".", "is a directory")])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(CaptureError, match=reason):
        Raw(str(tmp_path / name))


def test_a_closed_file_object_is_an_error_not_a_traceback() -> None:
    file = io.BytesIO(b"x")
    file.close()
    with pytest.raises(CaptureError, match="closed file"):
        Raw(file).read(1)


def test_a_given_file_stays_open() -> None:
    file = io.BytesIO(b"x")
    Raw(file).close()
    assert not file.closed


@pytest.mark.parametrize("late", [False, True])
def test_a_fifo_that_is_held_waits_for_its_writer_when_it_is_read(tmp_path: Path, late: bool) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    raw = Raw(str(path), wait=False)  # nobody writes yet, and this does not wait

    def write() -> None:
        path.write_bytes(b"told")

    writer = threading.Timer(0.05 if late else 0, write)
    writer.start()
    if not late:
        writer.join()  # it has come and gone
    assert raw.read(10) == b"told"
    assert raw.read(10) == b""
    writer.join()
    raw.close()


def test_a_held_file_outlives_its_name(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"told")
    raw = Raw(str(path), wait=False)
    path.unlink()
    assert raw.read(10) == b"told"
