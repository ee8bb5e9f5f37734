"""Messages without ports and frames without IP, from the wire to a sink."""

from __future__ import annotations

from typing import Any

import dpkt
import pytest

from procwire.flows.table import Tracker
from procwire.model.streams import ENOUGH
from tests.packet import build

PING = dpkt.icmp.ICMP(type=8, data=dpkt.icmp.ICMP.Echo(id=7, seq=1, data=b"ping"))


class Sink:
    links = frozenset({0x0806})

    def __init__(self, answer: int = 0, *, fails: bool = False) -> None:
        self.seen: list[Any] = []
        self.answer = answer
        self.fails = fails

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        self.seen.append((flow.proto, side, data))
        return self.answer

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        return ENOUGH

    @property
    def frames(self) -> Sink:
        return self

    def show(self, kind: int, data: bytes, now: int) -> None:
        if self.fails:
            raise ValueError("no")
        self.seen.append((kind, data))

    def ended(self, flow: Any, now: int) -> None:
        self.seen.append("ended")


def ip(proto: int, payload: bytes) -> bytes:
    return bytes(dpkt.ip.IP(src=b"\xc0\0\2\1", dst=b"\xc0\0\2\2", p=proto, data=payload))


def ethernet(kind: int, payload: bytes) -> bytes:
    return b"\2" * 12 + kind.to_bytes(2, "big") + payload


def run(sink: Sink, *frames: bytes) -> Any:
    tracker: Any = Tracker(sink=sink)
    tracker.ingest(build.decode(*frames), now=10)
    return tracker


@pytest.mark.parametrize(
    ("proto", "payload"), [(1, bytes(PING)), (2, b"igmp-igmp"), (50, b"12345678cipher"), (112, b"vrrp")]
)
def test_message_is_shown_whole(proto: int, payload: bytes) -> None:
    sink = Sink()
    run(sink, ethernet(0x0800, ip(proto, payload)))
    assert sink.seen == [(proto, 0, payload)]


def test_appetite_is_obeyed() -> None:
    sink = Sink(ENOUGH)
    run(sink, *[ethernet(0x0800, ip(1, bytes(PING)))] * 3)
    assert len(sink.seen) == 1


def test_message_without_its_header_is_not_shown() -> None:
    sink = Sink()
    tracker = run(sink, ethernet(0x0800, ip(1, bytes(PING)[:6])), ethernet(0x0800, ip(1, bytes(PING)[:8])))
    assert sink.seen == [(1, 0, bytes(PING)[:8])]
    assert tracker.counts.faulty == 1


def test_frame_of_a_wanted_type_is_shown() -> None:
    sink = Sink()
    tracker = run(sink, ethernet(0x0806, b"arp"), ethernet(0x88CC, b"lldp"))
    assert sink.seen == [(0x0806, b"arp")]
    assert (tracker.counts.non_ip, tracker.counts.flows) == (2, 0)


def test_sink_that_raises_is_counted() -> None:
    tracker = run(Sink(fails=True), ethernet(0x0806, b"arp"))
    assert tracker.counts.sink_errors == 1
