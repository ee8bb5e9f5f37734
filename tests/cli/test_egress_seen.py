"""Where egress looks: contacts come from a process that parses, and nothing else does."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import pytest

from procwire.cli.egress_seen import Batch, End, _Giving, _taken, of_files, of_store
from procwire.cli.main import main
from procwire.egress.contact import Contact
from procwire.egress.file import load
from procwire.engine.options import EngineError
from procwire.sandbox.plan import BEST_EFFORT
from procwire.store.reader import Window
from tests.cli.program import HTTP, start
from tests.egress.made import contact
from tests.lab import pair, why_not


def test_frames_come_back_as_they_were_given() -> None:
    file = io.BytesIO()
    giving = _Giving(file)
    for at in range(3):
        giving.take(contact(at=at))
    giving.take(None)
    giving.flush()
    giving.flush()
    giving.send(End(["some"]))
    file.seek(0)
    found: list[Contact] = []
    assert _taken(file, found.append) == End(["some"])
    assert found == [contact(at=at) for at in range(3)]


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x01", struct.pack("!I", 2) + b"\xff\xff"])
def test_what_breaks_off_is_no_end(data: bytes) -> None:
    assert _taken(io.BytesIO(data), lambda _: None) is None
    assert Batch([]).contacts == []


def test_a_recording_in_a_cell_and_a_store_give_the_same(tmp_path: Path) -> None:
    assert main(["read", str(HTTP), "--csv", "--no-findings", "--store", str(tmp_path)]) == 0
    inside: list[Contact] = []
    kept: list[Contact] = []
    assert of_files([str(HTTP)], BEST_EFFORT, inside.append) == []
    assert of_store(str(tmp_path), Window(), kept.append) == []
    assert inside
    assert sorted(map(repr, inside)) == sorted(map(repr, kept))
    with pytest.raises(EngineError, match="no store"):
        of_store(str(tmp_path / "none"), Window(), kept.append)


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")
def test_a_host_as_it_is_now(tmp_path: Path) -> None:
    with pair() as (_, left, right), right.socket() as server:
        server.bind(("", 7007))
        server.listen(64)
        words = ("egress", "learn", "--live", "2s", "--baseline", str(tmp_path / "b.yaml"))
        learning = left.inside(lambda: start(*words))
        while learning.poll() is None:  # traffic for as long as it looks
            with left.socket() as client:
                client.settimeout(1)
                client.connect(("10.77.0.2", 7007))
                server.accept()[0].close()
            time.sleep(0.02)
        out, err = learning.communicate()
    assert learning.returncode == 0, err
    assert b"puts it in force" in out
    lines = [line for entry in load(tmp_path / "b.yaml").entries for line in entry.to]
    assert ("tcp", "7007") in {(line.proto, line.port) for line in lines}
