"""Where a reading has its secrets from: opened at once, read when it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.decrypt.keyfile import KeyFileError
from procwire.engine.keys import keys_of
from procwire.engine.options import ReadOptions


def line(number: int) -> str:
    return f"CLIENT_RANDOM {number:064x} {'ab' * 48}\n"


def test_where_secrets_may_be(tmp_path: Path) -> None:
    ng, plain = tmp_path / "a.pcapng", tmp_path / "a.pcap"
    ng.write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(20))
    plain.write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(20))
    keys, fill = keys_of(ReadOptions(paths=(str(plain),)))
    fill()
    assert keys is None
    found, fill = keys_of(ReadOptions(paths=(str(ng),)))
    fill()
    assert found is not None
    assert not found.expects()


def test_a_file_is_opened_at_once_and_read_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(line(1))
    keys, fill = keys_of(ReadOptions(paths=("-",), keylog=str(path)))
    path.unlink()
    assert keys is not None
    assert len(keys) == 0
    fill()
    assert (len(keys), keys.complete) == (1, False)  # the capture may hold some, too


@pytest.mark.parametrize(("capture", "closed"), [("some.pcap", True), ("-", False)])
def test_a_log_stays_open_where_it_may_be_read_again(tmp_path: Path, capture: str, closed: bool) -> None:
    """Standard input may be a pcapng, whose secrets may push the log's own out."""
    path = tmp_path / "keys"
    path.write_text(line(1))
    (tmp_path / "some.pcap").write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(20))
    before = held(path)
    paths = (capture if capture == "-" else str(tmp_path / capture),)
    keys, fill = keys_of(ReadOptions(paths=paths, keylog=str(path)))
    fill()
    assert (before, held(path)) == (0, 0 if closed else 1)
    del keys, fill
    assert held(path) == 0


def held(path: Path) -> int:
    """How many of our descriptors are of this file."""
    return [each.resolve() for each in Path("/proc/self/fd").iterdir()].count(path.resolve())


def test_a_file_that_may_not_be_opened_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match=r"key log .*: Not a directory"):
        keys_of(ReadOptions(paths=("-",), keylog=str(tmp_path / "file" / "keys")))
