"""Connections beside a pcap: one line each, with their owner, those that are open too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.capture.source import CaptureError
from procwire.model.frames import INBOUND
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder.owners import OwnerBook
from procwire.recorder.sidecar import SUFFIX, Sidecar, connection
from procwire.recorder.wishes import Wishes
from tests.recorder.taped import Taped
from tests.recorder.test_owners import A, B, flow

CURL = Owner(process=ProcessRef(pid=7, start=1, name="curl"), confidence=EXACT, side="dst")


def test_the_local_end_comes_first() -> None:
    mine = flow(A, B, 10**18 + 5)
    mine.bytes_out, mine.bytes_in = 10, 20
    told = connection(mine)
    assert (told["local_addr"], told["remote_addr"], told["bytes_sent"]) == (
        "10.0.0.1:1000",
        "10.0.0.2:80",
        10,
    )
    assert (told["pid"], told["protocol"]) == (None, "TCP")
    assert told["first_seen"] == {"secs_since_epoch": 10**9, "nanos_since_epoch": 5}
    mine.owner = CURL
    told = connection(mine)
    assert (told["local_addr"], told["bytes_sent"], told["process_name"]) == ("10.0.0.2:80", 20, "curl")
    mine.owner, mine.heading = None, INBOUND
    assert connection(mine)["local_addr"] == "10.0.0.2:80"
    book = OwnerBook()
    book.read_connections([told])
    found = book.of(flow(A, B, 10**18 + 5))
    assert found is not None
    assert (found.side, found.process and found.process.name) == ("dst", "curl")


def test_a_line_once_when_all_is_known(tmp_path: Path) -> None:
    known: set[int] = set()
    sidecar = Sidecar(str(tmp_path / "x.pcap"), lambda each: each.number in known, lambda _: True)
    flows = []
    for number in (1, 2, 3):
        made = flow(A, B, 10**18)
        made.number = number
        flows.append(made)
        sidecar.opened(made)
    sidecar.ended(flows[0])
    sidecar.tick()
    assert sidecar.written == 0
    known.add(1)
    flows[0].owner = CURL
    sidecar.tick()
    sidecar.tick()
    sidecar.ended(flows[1])
    sidecar.close()
    sidecar.close()
    path = tmp_path / f"x.pcap{SUFFIX}"
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [line["process_name"] for line in lines] == ["curl", None, None]
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CaptureError):
        Sidecar(str(tmp_path / "no" / "x"), lambda _: True, lambda _: True)


@pytest.mark.parametrize("only", ["", "app == http"])
def test_beside_a_capture_every_flow_of_it(tmp_path: Path, only: str) -> None:
    path = tmp_path / "x.pcap"
    taped = Taped(Wishes(write=str(path), write_only=only))
    taped.play()
    taped.keeping.tick(taped.now)
    taped.keeping.close(taped.now)
    again = Taped(Wishes(), path)
    again.play()
    lines = [json.loads(line) for line in Path(f"{path}{SUFFIX}").read_bytes().splitlines()]
    assert sorted(line["flow_id"] for line in lines) == sorted(each.flow_id for each in again.flows)
    assert len(again.flows) == len([each for each in taped.flows if not only or each.app == "http"])
