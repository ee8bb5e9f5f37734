from __future__ import annotations

from procwire.accounting.strays import frame_of
from procwire.bpf import accounts as books
from procwire.flows import states
from procwire.flows.table import Tracker
from procwire.model.flow import Flow
from procwire.model.frames import COUNTED, INBOUND, OUTBOUND, batch_of
from procwire.model.kernel import Credited
from procwire.packet.decode import Decoder

SECOND = 1_000_000_000


def ends(proto: int = 17) -> bytes:
    key, _ = books.pack_ends(proto, (0, 0xFFFF0A000001), 1000, (0, 0xFFFF0A000002), 2000)
    return key


def shown(tracker: Tracker, *marks: int, proto: int = 17) -> list[Flow]:
    """Packets of one flow with these marks, a second apart."""
    batch = batch_of([frame_of(ends(proto))] * len(marks), link=101, start=SECOND, step=SECOND)
    for row, mark in enumerate(marks):
        batch.flags[row] = mark
    opened: list[Flow] = tracker.ingest(Decoder().decode(batch), now=SECOND * len(marks)).opened
    return opened


def test_a_packet_that_the_kernel_counts_opens_a_flow_and_adds_nothing() -> None:
    tracker = Tracker()
    (flow,) = shown(tracker, OUTBOUND | COUNTED, OUTBOUND | COUNTED)
    assert (flow.packets_out, flow.bytes_out, flow.segments_out) == (0, 0, 0)
    assert (flow.first, flow.last) == (SECOND, 2 * SECOND)
    assert flow.heading == OUTBOUND
    assert tracker.counts.packets == 0


def test_others_are_counted_beside_it() -> None:
    tracker = Tracker()
    (flow,) = shown(tracker, INBOUND | COUNTED, INBOUND)
    assert (flow.packets_out, flow.segments_out) == (1, 1)
    assert flow.heading == INBOUND
    assert tracker.counts.packets == 1


def test_what_the_kernel_counted_keeps_a_flow_alive() -> None:
    tracker = Tracker()
    (flow,) = shown(tracker, COUNTED)
    flow.packets_out = flow.packets_in = 5  # as its caller does
    tracker.credit(flow, Credited(400 * SECOND, 10, 1000, False))
    assert (flow.last, flow.state) == (400 * SECOND, states.REPLIED)
    assert (tracker.counts.packets, tracker.counts.bytes) == (10, 1000)
    assert tracker.expire(401 * SECOND) == []
    assert tracker.expire(2000 * SECOND) == [flow]
    tracker.credit(flow, Credited(2001 * SECOND, 1, 1, False))
    assert flow.last == 2001 * SECOND


def test_what_is_counted_anew_and_is_the_same_ends_no_later_for_it() -> None:
    """The one heard of first is told of again, behind the other: it ends at its time all the same."""
    tracker = Tracker()
    key, _ = books.pack_ends(17, (0, 0xFFFF0A000001), 1001, (0, 0xFFFF0A000002), 2000)
    batch = batch_of([frame_of(ends()), frame_of(key)], link=101, start=SECOND, step=60 * SECOND)
    batch.flags[0] = batch.flags[1] = COUNTED
    first, second = tracker.ingest(Decoder().decode(batch), now=61 * SECOND).opened
    tracker.credit(first, Credited(SECOND, 0, 0, False))
    assert tracker.expire(130 * SECOND) == [first]
    assert tracker.expire(190 * SECOND) == [second]


def test_a_connection_whose_socket_is_closed_is_over() -> None:
    tracker = Tracker()
    (flow,) = shown(tracker, COUNTED, proto=6)
    flow.state = states.FIN_WAIT
    tracker.credit(flow, Credited(3 * SECOND, 1, 60, True))
    assert flow.state == states.CLOSED
    tracker.expire(100 * SECOND)
    assert flow.ended == "fin"


def test_the_kernels_word_on_a_handshake_that_is_not_shown() -> None:
    tracker = Tracker()
    (flow,) = shown(tracker, COUNTED, proto=6)
    flow.state = states.SYN_SENT
    tracker.credit(flow, Credited(2 * SECOND, 1, 60, False))
    assert flow.state == states.SYN_SENT
    tracker.credit(flow, Credited(3 * SECOND, 1, 60, False, joined=True))
    assert flow.state == states.ESTABLISHED
    tracker.credit(flow, Credited(4 * SECOND, 1, 60, True, joined=True))
    assert flow.state == states.CLOSED


def test_what_belongs_to_no_flow_is_counted_here_only_where_the_kernel_did_not() -> None:
    tracker = Tracker()
    fragment = bytes.fromhex("4500001c00010001401100000a0000010a000002") + b"12345678"
    batch = batch_of([b"\xff" * 40, fragment] * 2, link=101, start=SECOND, step=SECOND)
    batch.flags[0] = batch.flags[1] = COUNTED
    tracker.ingest(Decoder().decode(batch), now=9 * SECOND)
    counts = tracker.counts
    assert (counts.packets, counts.non_ip, counts.waiting) == (2, 1, 1)
