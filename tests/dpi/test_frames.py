"""Frames without IP: one parser for a run, records of no flow."""

from __future__ import annotations

from typing import Any

from procwire.dpi.analyzer import Analyzer
from procwire.dpi.contract import Asked
from procwire.dpi.frames import Frames
from procwire.dpi.protocols import arp, http
from procwire.dpi.registry import Registry
from procwire.dpi.tally import Tally
from tests.dpi.samples import VECTORS, read

STEPS = [data for _, data in read(VECTORS / "arp" / "neighbours.txt").steps]
ARP = 0x0806


def test_links_are_those_of_the_registry() -> None:
    assert Frames(Registry([http]), print, Tally()).links == frozenset()
    flows: list[Any] = []
    frames = Frames(Registry([http, arp]), lambda flow, _: flows.append(flow), Tally())
    assert frames.links == {ARP}
    frames.show(ARP, STEPS[0], 1)
    frames.show(ARP, STEPS[1], 2)
    assert flows[0] is flows[1]
    assert (flows[0].number, flows[0].app, flows[0].src) == (0, "arp", "")


def test_records_come_with_a_stand_in_for_the_flow() -> None:
    seen: list[Any] = []
    analyzer: Any = Analyzer(lambda flow, one: seen.append((flow.number, one.message)))
    for now, data in enumerate(STEPS):
        analyzer.frames.show(ARP, data, now)
    analyzer.frames.finish(99)
    assert (0, "reply") in seen
    assert seen[-1] == (0, "unanswered")
    assert analyzer.counts()["faults"] == 0


def test_bad_frame_is_counted_and_passed_over() -> None:
    seen: list[Any] = []
    analyzer: Any = Analyzer(lambda _, one: seen.append(one))
    analyzer.frames.show(ARP, STEPS[0], 1)
    analyzer.frames.show(ARP, b"\0\1\x86\xdd" + STEPS[0][4:], 2)
    analyzer.frames.show(ARP, STEPS[1], 3)
    assert len(seen) == 2
    assert analyzer.counts()["faults"] == 1


def test_nobody_is_shown_frames_where_nobody_reads() -> None:
    analyzer: Any = Analyzer(lambda *_: None, asked=Asked.FACTS)
    assert analyzer.frames.links == frozenset()
