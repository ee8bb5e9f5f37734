"""Packets of flows that match, with those from before their owner was known."""

from __future__ import annotations

from pathlib import Path

from procwire.model.flow import Flow
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder.turning import names
from procwire.recorder.wishes import Rotation, Wishes
from tests.recorder.taped import Taped

CURL = Owner(process=ProcessRef(pid=7, start=1, name="curl"), confidence=EXACT)


def test_packets_before_the_owner_was_known_are_there(tmp_path: Path) -> None:
    def owned(flow: Flow) -> bool:
        return flow.owner is not None

    path = tmp_path / "x.pcapng"
    taped = Taped(Wishes(write=str(path), write_only="process == curl"), owned=owned)
    taped.play()
    taped.keeping.tick(0)
    writing = taped.keeping.writing
    assert writing is not None
    assert writing.turns.turned == 0
    mine = next(flow for flow in taped.flows if flow.app == "http")
    for flow in taped.flows:
        flow.owner = CURL if flow is mine else Owner(process=None, confidence="unknown")
    taped.keeping.tick(0)
    taped.keeping.close(0)
    again = Taped(Wishes(), path)
    again.play()
    (found,) = again.flows
    assert found.flow_id == mine.flow_id
    assert again.packets == mine.packets_out + mine.packets_in
    assert writing.held is not None
    assert writing.held.hurried == 0
    assert writing.held.left_out == taped.packets - again.packets


def test_turns_and_a_filter_together(tmp_path: Path) -> None:
    path = str(tmp_path / "x.pcapng")
    taped = Taped(Wishes(write=path, write_only="app == http", rotation=Rotation(packets=64, files=3)))
    taped.play()
    taped.keeping.tick(taped.now)
    taped.keeping.close(taped.now)
    packets = 0
    for name in names(path, 3):
        again = Taped(Wishes(), Path(name))
        again.play()
        packets += again.packets
    assert (
        packets == sum(flow.packets_out + flow.packets_in for flow in taped.flows if flow.app == "http") > 64
    )
