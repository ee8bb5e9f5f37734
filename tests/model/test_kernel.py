from __future__ import annotations

import pytest

from procwire.model.flow import Flow
from procwire.model.kernel import BOTH, KernelView, TcpFacts
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS

FACTS = TcpFacts(
    bytes_sent=100, bytes_acked=90, bytes_received=3000, bytes_resent=7, srtt_us=250, rttvar_us=30,
    cwnd=10, resent=3, lost=2, delivered=40, state=7, changes=4,
)  # fmt: skip


def value(flow: Flow, column: str) -> object:
    return FLOWS.column(column).get(FlowRow(flow))


def counted(end: int = 0, *, tcp: TcpFacts | None = FACTS) -> Flow:
    flow = Flow()
    flow.proto = 6
    flow.retransmissions_out = flow.out_of_order_in = 1  # what the few packets that were shown told
    flow.kernel = view = KernelView(source=BOTH, attributed_out=5, attributed_in=6, tcp_end=end)
    view.tcp = tcp
    return flow


def test_what_tcp_says_stands_in_its_columns() -> None:
    flow = counted()
    assert value(flow, "source") == "both"
    assert value(flow, "packets_attributed") == 11
    assert value(flow, "kernel_state") == "close"
    assert value(flow, "kernel_end") == "src"
    assert value(flow, "kernel_rtt") == 250_000
    assert value(flow, "kernel_rtt_variation") == 30_000
    assert value(flow, "congestion_window") == 10
    assert value(flow, "segments_lost") == 2
    assert value(flow, "bytes_acknowledged") == 90
    assert value(flow, "smoothed_rtt") == 250_000


@pytest.mark.parametrize(("end", "out", "back"), [(0, 3, None), (1, None, 3)])
def test_retransmissions_are_tcps_own_of_the_end_that_is_here(
    end: int, out: int | None, back: int | None
) -> None:
    flow = counted(end)
    assert value(flow, "retransmissions_out") == out
    assert value(flow, "retransmissions_in") == back
    assert value(flow, "retransmissions") == 3


def test_what_takes_every_packet_to_tell_is_not_known_of_a_counted_flow() -> None:
    flow = counted(tcp=None)
    for column in ("out_of_order", "out_of_order_in", "duplicate_acks", "zero_windows_out", "keep_alives"):
        assert value(flow, column) is None, column
    assert value(flow, "retransmissions") is None
    assert value(flow, "kernel_state") is None


def test_a_flow_whose_packets_were_all_seen_is_told_as_ever() -> None:
    flow = counted()
    flow.kernel = None
    assert value(flow, "retransmissions_out") == 1
    assert value(flow, "out_of_order_in") == 1
    assert value(flow, "packets_attributed") is None
    assert value(flow, "source") is None


def test_a_state_beyond_those_known_is_told_by_its_number() -> None:
    view = KernelView()
    view.tcp = FACTS._replace(state=99)
    assert view.state == "99"
    assert view.tcp.state == view.fact(TcpFacts._fields.index("state")) == 99
    assert KernelView().state == ""
