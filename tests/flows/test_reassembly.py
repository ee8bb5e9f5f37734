"""TCP payload comes in order and once, whatever the wire does; the sink's appetite is obeyed."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.model.packets import HAS_PORTS, IS_IP, REASSEMBLED
from procwire.model.streams import ENOUGH
from tests.flows.script import ACK, FIN, MS, PSH, RST, SYN, Reader, Stage, handshake, packet, reply


def data(text: bytes, offset: int, **given: Any) -> dict[str, Any]:
    return packet(**({"seq": 1001 + offset, "ack": 5001, "data": text, "at": 30} | given))


def acked(offset: int, **given: Any) -> dict[str, Any]:
    return reply(**({"seq": 5001, "ack": 1001 + offset, "at": 31} | given))


def test_in_order_data_is_shown_at_once() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"GET ", 0), data(b"/", 4), reply(seq=5001, ack=1006, data=b"200", at=40))
    assert stage.reader.seen == [(1, 0, b"GET "), (1, 0, b"/"), (1, 1, b"200")]


def test_out_of_order_data_is_put_in_order() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"cc", 4), data(b"bb", 2), data(b"aa", 0))
    assert stage.reader.text() == b"aabbcc"
    assert stage.tracker.counts.held_bytes == 0


def test_the_first_data_wins() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"CCC", 3), data(b"xxxxxxxxx", 1), data(b"aa", 0), data(b"zzzzzz", 0))
    assert stage.reader.text() == b"axxCCCxxxx"


def test_zeros_that_pad_the_acknowledgement_of_a_handshake_are_no_data() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"\0\0", 0), data(b"hello", 0, tcp_flags=ACK | PSH), data(b"\0\0", 5))
    assert stage.reader.text() == b"hello\0\0"


def test_zeros_that_pad_a_syn_are_no_data() -> None:
    stage = Stage()
    stage.play(packet(tcp_flags=SYN, seq=99, data=b"\0\0"), packet(at=50, seq=100, ack=1, data=b"late"))
    assert stage.reader.text() == b"late"


def test_zeros_that_were_pushed_are_data() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"\0\0", 0, tcp_flags=ACK | PSH), data(b"hello", 2))
    assert stage.reader.text() == b"\0\0hello"


def test_a_keep_alive_seen_first_leaves_no_hole() -> None:
    stage = Stage()
    stage.play(packet(seq=1000, ack=5001), data(b"hello", 0))
    assert stage.reader.text() == b"hello"
    assert stage.opened[0].gaps_out == 0


def test_data_in_a_syn_is_shown() -> None:
    stage = Stage()
    stage.play(packet(tcp_flags=SYN, seq=99, data=b"early"), packet(at=50, seq=105, ack=1, data=b"late"))
    assert stage.reader.text() == b"earlylate"


def test_a_hole_that_was_acknowledged_becomes_a_gap() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"aa", 0), data(b"cc", 5), acked(7))
    assert stage.reader.text() == b"aa"
    stage.play(acked(7, at=500))
    assert stage.reader.text() == b"aa???cc"
    assert stage.opened[0].gaps_out == 3


def test_a_hole_that_was_not_acknowledged_waits_for_the_retransmission() -> None:
    stage = Stage()
    stage.play(
        *handshake(), data(b"aa", 0), data(b"cc", 4), acked(2), acked(2, at=900), data(b"bb", 2, at=1000)
    )
    assert stage.reader.text() == b"aabbcc"


def test_an_acknowledged_hole_of_a_silent_flow_is_given_up_by_packet_time() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"cc", 4), acked(6))
    stage.tracker.expire(stage.now + 5_000 * MS)
    assert stage.reader.text() == b"????cc"


def test_a_tap_that_sees_one_direction_gives_up_holes_by_time() -> None:
    stage = Stage()
    stage.play(data(b"aa", 0), data(b"cc", 4), data(b"dd", 6, at=3000), data(b"ee", 8, at=6000))
    assert stage.reader.text() == b"aa??ccddee"


def test_the_end_of_a_flow_shows_the_rest_with_its_gaps() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"bb", 2), data(b"dd", 6))
    stage.finish()
    assert stage.reader.text() == b"??bb??dd"
    assert stage.reader.over == [1]


def test_a_packet_that_the_capture_cut_ends_in_a_gap() -> None:
    stage = Stage()
    stage.play(
        *handshake(),
        data(b"abc", 0, length=10),
        data(b"def", 10),
        data(b"x", 20, length=4),
        data(b"yyyyyyy", 13),
    )
    assert stage.reader.text() == b"abc???????defyyyyyyyx???"


def test_a_keep_alive_and_a_window_probe_give_no_data() -> None:
    stage = Stage()
    stage.play(
        *handshake(), data(b"aa", 0), acked(2, window=0), data(b"B", 2, at=300), data(b"\0", 1, at=400)
    )
    assert stage.reader.text() == b"aa"
    stage.play(acked(2, at=500), data(b"BC", 2, at=501))
    assert stage.reader.text() == b"aaBC"


def test_a_window_probe_whose_byte_was_taken_is_no_gap() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"aa", 0), acked(2, window=0), data(b"B", 2, at=300), acked(3, at=301))
    stage.play(data(b"C", 3, at=400))
    assert stage.reader.text() == b"aaBC"


def test_an_unanswered_window_probe_is_not_shown_at_the_end() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"aa", 0), acked(2, window=0), data(b"B", 2, at=300))
    stage.finish()
    assert stage.reader.text() == b"aa"


def test_a_reset_ends_the_streams() -> None:
    stage = Stage()
    stage.play(
        *handshake(), data(b"aa", 0), data(b"cc", 4), reply(tcp_flags=RST, seq=5001, at=31), data(b"bb", 2)
    )
    assert stage.reader.text() == b"aa??cc"


def test_what_was_under_way_when_the_other_side_reset_is_shown() -> None:
    stage = Stage()
    cut = packet(at=40, tcp_flags=RST, seq=1003)
    answers = [reply(seq=5001 + at, ack=1003, data=text, at=41) for at, text in ((0, b"un"), (2, b"der"))]
    stage.play(*handshake(), data(b"aa", 0), cut, *answers, data(b"never", 2, at=42))
    assert [text for _, side, text in stage.reader.seen if side == 1] == [b"un", b"der"]
    assert stage.reader.text() == b"aa"
    assert stage.tracker.counts.held_bytes == 0


def test_a_fin_with_data_is_shown() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"bye", 0, tcp_flags=FIN | ACK), data(b"bye", 0, tcp_flags=FIN | ACK))
    assert stage.reader.text() == b"bye"


def test_nothing_is_held_or_shown_after_enough() -> None:
    stage = Stage(reader=Reader(lambda size: ENOUGH))
    stage.play(*handshake(), data(b"aa", 0), data(b"cc", 4), data(b"bb", 2))
    assert stage.reader.text() == b"aa"
    assert stage.tracker.counts.held_bytes == 0


def test_the_sink_may_skip() -> None:
    answers = iter([5, 0, 0, 0])
    stage = Stage(reader=Reader(lambda size: next(answers)))
    stage.play(*handshake(), data(b"head", 0), data(b"skip", 4), data(b"pQ", 8), data(b"R", 10))
    assert stage.reader.seen == [(1, 0, b"head"), (1, 0, b"Q"), (1, 0, b"R")]


def test_a_hole_in_what_is_skipped_is_no_gap_and_holds_nothing() -> None:
    answers = iter([100, 0, 0])
    stage = Stage(reader=Reader(lambda size: next(answers)))
    stage.play(*handshake(), data(b"head", 0), data(b"x" * 10, 50), data(b"y" * 44 + b"END", 60))
    assert stage.reader.seen == [(1, 0, b"head"), (1, 0, b"END")]
    assert stage.opened[0].gaps_out == 0


@pytest.mark.parametrize("answer", ["raise", "none"])
def test_a_sink_that_breaks_is_left_alone_and_counted(answer: str) -> None:
    class Broken(Reader):
        def data(self, flow: Any, side: int, data: bytes, now: int) -> Any:
            if answer == "raise":
                raise RuntimeError("parser bug")

    stage = Stage(reader=Broken())
    stage.play(*handshake(), data(b"aa", 0), data(b"bb", 2), reply(seq=5001, ack=1005, data=b"cc", at=33))
    stage.finish()
    assert stage.tracker.counts.sink_errors == 1
    assert stage.opened[0].packets_out == 4
    assert stage.balanced()


def test_one_side_holds_no_more_than_its_bound() -> None:
    stage = Stage(side_bytes=10_000)
    stage.play(*handshake())
    for place in range(100):
        stage.play(data(b"x" * 500, 1000 * (place + 1)))
        assert stage.tracker.counts.held_bytes <= 10_000 + 700
    assert stage.opened[0].gaps_out > 0


def test_all_flows_hold_no_more_than_the_bound() -> None:
    stage = Stage(held_bytes=50_000)
    for port in range(500):
        stage.play(
            packet(sport=2000 + port, seq=1, data=b"a"), packet(sport=2000 + port, seq=100, data=b"x" * 900)
        )
        assert stage.tracker.counts.held_bytes <= 50_000
    counts = stage.tracker.counts
    assert counts.holds_evicted > 400
    assert counts.gap_bytes == 98 * counts.holds_evicted


def test_a_segment_far_outside_the_window_is_not_believed() -> None:
    stage = Stage()
    stage.play(*handshake(), data(b"aa", 0), acked(2), data(b"evil", 1 << 28), data(b"bb", 2))
    stage.finish()
    assert stage.reader.text() == b"aabb"
    assert stage.tracker.counts.out_of_window == 1
    assert stage.opened[0].retransmissions_out == 0


def test_datagrams_are_shown_one_by_one_until_enough() -> None:
    answers = iter([0, ENOUGH])
    stage = Stage(reader=Reader(lambda size: next(answers)))
    udp = {"proto": 17, "dport": 53}
    stage.play(*(packet(**udp, data=text) for text in (b"one", b"", b"two", b"three")))
    assert stage.reader.seen == [(1, 0, b"one"), (1, 0, b"two")]


def test_a_rebuilt_datagram_is_shown_whole() -> None:
    stage = Stage()
    whole = bytes(range(256)) * 20
    stage.play(packet(proto=17, dport=53, marks=IS_IP | HAS_PORTS | REASSEMBLED, rebuilt=whole))
    assert stage.reader.text() == whole


def test_a_payload_outside_the_buffer_is_never_read() -> None:
    from tests.flows.script import table_of

    table = table_of([packet(proto=17, dport=53, data=b"four")])
    table.payload[0] = 1 << 40
    stage = Stage()
    stage.tracker.ingest(table, now=0)
    table.payload[0] = -5
    stage.tracker.ingest(table, now=0)
    assert stage.reader.seen == []


def oracle(size: int, segments: list[tuple[int, bytes]]) -> bytes:
    """What a naive reader would make of it: a byte belongs to whoever brought it first."""
    stream: list[bytes] = [b"?"] * size
    for start, text in segments:
        for place, byte in enumerate(text, start):
            if stream[place] == b"?":
                stream[place] = bytes([byte])
    last = max((start + len(text) for start, text in segments), default=0)
    return b"".join(stream[:last])


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1 << 32), isn=st.sampled_from([0, 1000, (1 << 32) - 60, (1 << 31) - 30]))
def test_any_mixture_of_segments_gives_the_oracles_stream(seed: int, isn: int) -> None:
    rng = random.Random(seed)
    size = rng.randrange(1, 200)
    segments = []
    for _ in range(rng.randrange(1, 40)):
        start = rng.randrange(size)
        # Other bytes each time, so that the wrong choice on an overlap shows.
        segments.append(
            (start, rng.randbytes(rng.randrange(1, min(40, size - start) + 1)).replace(b"?", b"!"))
        )
    if rng.random() < 0.5:
        segments += [(s, oracle(size, segments)[s : s + 9].replace(b"?", b".")) for s in range(0, size, 9)]
        segments = [(s, t) for s, t in segments if t]
    stage = Stage()
    stage.play(*handshake(isn=isn))
    for start, text in segments:
        stage.play(data(text, 0, seq=isn + 1 + start))
    stage.finish()
    # A byte one behind the highest one looks like a keep-alive, which gives no data by rule.
    keeps = stage.opened[0].keep_alives_out
    if not keeps:
        assert stage.reader.text() == oracle(size, segments)
    assert len(stage.reader.text()) == len(oracle(size, segments))
    assert stage.tracker.counts.held_bytes == 0


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_appetite_is_obeyed_to_the_byte(seed: int) -> None:
    rng = random.Random(seed)
    text = rng.randbytes(400)
    cuts = sorted({0, 400, *(rng.randrange(400) for _ in range(rng.randrange(1, 15)))})
    parts = [(a, text[a:b]) for a, b in itertools.pairwise(cuts)]
    rng.shuffle(parts)
    shown: list[tuple[int, bytes]] = []

    class Picky(Reader):
        at = 0

        def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
            shown.append((self.at, data))
            skip = rng.choice([0, 0, 3, 50])
            self.at += len(data) + skip
            return skip

    stage = Stage(reader=Picky())
    stage.play(*handshake())
    for start, part in parts:
        stage.play(data(part, start))
    stage.finish()
    if not stage.opened[0].keep_alives_out:
        assert stage.opened[0].gaps_out == 0
        assert all(text[start : start + len(part)] == part for start, part in shown)
