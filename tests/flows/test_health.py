"""Retransmissions, reordering, probes, windows and round trips, told apart."""

from __future__ import annotations

from typing import Any

from procwire.model.flow import Flow
from tests.flows.script import ACK, FIN, MS, Stage, handshake, packet, reply


def data(offset: int, size: int = 100, *, at: float, **given: Any) -> dict[str, Any]:
    return packet(**({"seq": 1001 + offset, "ack": 5001, "data": b"d" * size, "at": at} | given))


def acked(offset: int, *, at: float, **given: Any) -> dict[str, Any]:
    return reply(**({"seq": 5001, "ack": 1001 + offset, "at": at} | given))


def counts(flow: Flow) -> dict[str, int]:
    """The counts of trouble that are not zero."""
    words = ("retransmissions", "out_of_order", "duplicate_acks", "zero_windows", "keep_alives")
    named = {f"{word}_{side}": getattr(flow, f"{word}_{side}") for word in words for side in ("out", "in")}
    return {name: count for name, count in named.items() if count}


def test_a_smooth_connection_has_no_trouble() -> None:
    flow = Stage().play(*handshake(), data(0, at=30), acked(100, at=50), data(100, at=51), acked(200, at=71))
    assert counts(flow) == {}


def test_late_is_again_and_soon_is_out_of_order() -> None:
    flow = Stage().play(
        *handshake(), data(0, at=30), data(200, at=31), data(100, at=32), data(300, at=33), data(100, at=900)
    )
    assert counts(flow) == {"out_of_order_out": 1, "retransmissions_out": 1}


def test_what_the_receiver_has_is_sent_again_however_soon() -> None:
    flow = Stage().play(*handshake(), data(0, at=30), acked(100, at=31), data(0, at=31.5))
    assert counts(flow) == {"retransmissions_out": 1}


def test_duplicate_acks_and_the_fast_retransmission() -> None:
    again = [acked(100, at=50 + n) for n in range(4)]
    flow = Stage().play(*handshake(), *(data(n * 100, at=30) for n in (0, 2, 3, 4)), *again, data(100, at=54))
    assert counts(flow) == {"duplicate_acks_in": 3, "retransmissions_out": 1}


def test_a_window_update_is_no_duplicate_ack() -> None:
    flow = Stage().play(*handshake(), data(0, at=30), acked(100, at=50), acked(100, at=60, window=2000))
    assert counts(flow) == {}


def test_a_keep_alive_and_its_answer() -> None:
    flow = Stage().play(
        *handshake(),
        data(0, at=30),
        acked(100, at=50),
        data(99, 1, at=5000),
        acked(100, at=5020),
        data(99, 0, at=9000),
    )
    assert counts(flow) == {"keep_alives_out": 2}


def test_a_zero_window_and_its_probe() -> None:
    flow = Stage().play(
        *handshake(),
        data(0, at=30),
        acked(100, at=50, window=0),
        data(100, 1, at=300),
        acked(100, at=320, window=0),
        acked(100, at=400),
        data(100, at=420),
    )
    assert counts(flow) == {"zero_windows_in": 2, "keep_alives_out": 1}


def test_a_fin_sent_again() -> None:
    fin = {"seq": 1001, "ack": 5001, "tcp_flags": FIN | ACK}
    flow = Stage().play(*handshake(), packet(at=30, **fin), packet(at=230, **fin))
    assert counts(flow) == {"retransmissions_out": 1}


def test_numbers_wrap() -> None:
    first = (1 << 32) - 150
    stage = Stage()
    flow = stage.play(
        *handshake(isn=first - 1),
        data(0, at=30, seq=first),
        acked(0, at=50, ack=first + 100),
        data(0, at=60, seq=first + 100),
        acked(0, at=80, ack=first + 200),
        data(0, at=81, seq=first + 200),
    )
    assert counts(flow) == {}
    assert flow.payload_out == 300
    assert stage.reader.text() == b"d" * 300


def test_round_trips_are_smoothed_over_both_legs() -> None:
    stage = Stage()
    flow = stage.play(
        *handshake(), data(0, at=100), acked(100, at=120, data=b"r" * 10), packet(seq=1101, ack=5011, at=121)
    )
    assert flow.srtt == 21 * MS
    stage.play(data(100, at=200), acked(200, at=300, seq=5011))
    assert flow.srtt == (20 + 10 + 1) * MS


def test_an_ambiguous_round_trip_is_no_sample() -> None:
    flow = Stage().play(*handshake(), data(0, at=100), data(0, at=400), acked(100, at=420))
    assert flow.srtt == -1


def test_round_trips_survive_time_that_steps_back() -> None:
    flow = Stage().play(*handshake(), data(0, at=100), acked(100, at=20))
    assert flow.srtt == -1
