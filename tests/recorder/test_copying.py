"""Files to one file, with secrets in front or with none."""

from __future__ import annotations

from pathlib import Path

from procwire.capture.files import open_files
from procwire.recorder.copying import TLS_KEY_LOG, copy
from tests.recorder.taped import HTTP


def test_packets_and_secrets(tmp_path: Path) -> None:
    path = str(tmp_path / "x.pcapng")
    done = copy((str(HTTP), str(HTTP)), path, secrets=b"CLIENT_RANDOM a b\n")
    source = open_files((path,))
    assert sum(batch.count for batch in source.batches()) == done.frames > 0
    assert source.secrets == [(TLS_KEY_LOG, b"CLIENT_RANDOM a b\n")]
    assert done.error == ""


def test_damage_is_said_and_what_came_before_kept(tmp_path: Path) -> None:
    (tmp_path / "cut.pcap").write_bytes(HTTP.read_bytes()[:-3])
    done = copy((str(tmp_path / "cut.pcap"),), str(tmp_path / "x.pcapng"))
    assert done.frames > 0
    assert "cut.pcap" in done.error
