"""Lines to files that are rotated."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from procwire.courier.contract import CourierError
from procwire.courier.files import Output, Rotated
from procwire.model.sink import OK, Sink
from tests.courier.servers import item
from tests.sandbox.child import in_child


def rotated(path: Path, header: bytes = b"", **fields: int) -> Rotated:
    return Rotated(Sink(name="f", kind="file", path=str(path), **fields), header)  # type: ignore[arg-type]


def test_rotates_by_size_and_keeps_so_many(tmp_path: Path) -> None:
    path = tmp_path / "alerts.csv"
    made = rotated(path, b"head", max_bytes=20, keep=2)
    for n in range(5):
        assert made.carry([item(n, b"line %d....." % n)]) == [OK]
    made.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["alerts.csv", "alerts.csv.1", "alerts.csv.2"]
    assert path.read_bytes() == b"head\nline 4.....\n"
    assert (tmp_path / "alerts.csv.2").read_bytes() == b"head\nline 2.....\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "alerts"
    for n in range(2):
        made = rotated(path, b"head")
        made.carry([item(n, b"%d" % n)])
        made.close()
    assert path.read_bytes() == b"head\n0\n1\n"
    made = rotated(path, max_bytes=4, keep=0)
    made.carry([item(1, b"new")])
    made.close()
    assert path.read_bytes() == b"new\n"


def test_a_line_that_did_not_fit_is_cut_away(tmp_path: Path) -> None:
    """The limit on a file's size stands for a disk that is full."""
    path = tmp_path / "alerts"

    def work() -> str:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        made = rotated(path)
        made.carry([item(1, b"one")])
        resource.setrlimit(resource.RLIMIT_FSIZE, (6, resource.RLIM_INFINITY))
        try:
            made.carry([item(2, b"second")])
        except OSError:
            return path.read_text()
        return "no error"

    assert in_child(work) == "one\n"


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "x")
    os.mkfifo(tmp_path / "fifo")
    for name in ("no/such", "link", "fifo"):
        with pytest.raises(CourierError, match="sink f: "):
            rotated(tmp_path / name)


def test_standard_output_has_its_header_once() -> None:
    reader, writer = os.pipe()
    output = Output(b"head", writer)
    assert output.carry([item(1, b"a"), item(2, b"b")]) == [OK, OK]
    output.carry([item(3, b"c")])
    output.abort()
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"head\na\nb\nc\n"
