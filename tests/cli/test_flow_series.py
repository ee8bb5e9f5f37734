"""The charts of a flow out of its packets."""

from __future__ import annotations

from typing import Any

from procwire.cli.flow_series import BUCKETS, NEEDS, Series, after, tracks_of
from procwire.tui.host import Track

HERE, THERE = ("10.0.0.1", 1000), ("10.0.0.2", 80)
MS = 1_000_000
FLOW = {"proto": "tcp", "src": HERE[0], "src_port": HERE[1], "dst": THERE[0], "dst_port": THERE[1],
        "start": 1 * MS, "end": 121 * MS}  # fmt: skip


def packet(
    at: int, out: bool, seq: int, size: int, ack: int, flags: tuple[str, ...] = ("ack",)
) -> dict[str, Any]:
    one, other = (HERE, THERE) if out else (THERE, HERE)
    return {
        "time": at * MS, "src": one[0], "src_port": one[1], "dst": other[0], "dst_port": other[1],
        "proto": "tcp", "seq": seq, "ack": ack, "payload": size, "length": size + 54, "tcp_flags": flags,
    }  # fmt: skip


def drawn(*rows: dict[str, Any]) -> dict[str, Track]:
    found = tracks_of(FLOW, [tuple(row[name] for name in NEEDS) for row in rows], NEEDS)
    return {track.name: track for track in found}


def known(track: Track) -> list[float]:
    return [value for value in track.values if value]


def test_a_round_trip_is_from_a_segment_to_its_acknowledgement() -> None:
    tracks = drawn(packet(1, True, 100, 50, 1), packet(21, False, 1, 0, 150))
    assert known(tracks["round trip out"]) == [20 * MS]
    assert known(tracks["in flight out"]) == []


def test_what_was_sent_again_is_not_measured() -> None:
    tracks = drawn(packet(1, True, 100, 50, 1), packet(31, True, 100, 50, 1), packet(41, False, 1, 0, 150))
    assert known(tracks["sent again out"]) == [1.0]
    assert "round trip out" not in tracks


def test_bytes_in_flight_are_those_not_acknowledged() -> None:
    tracks = drawn(
        packet(1, True, 100, 50, 1), packet(2, False, 1, 0, 150), packet(3, True, 150, 1000, 1),
        packet(4, True, 1150, 1000, 1), packet(60, False, 1, 0, 2150),
    )  # fmt: skip
    assert max(known(tracks["in flight out"])) == 2000
    assert tracks["in flight out"].values[-1] is None


def test_numbers_go_round() -> None:
    assert after(5, 0xFFFFFFF0)
    assert not after(0xFFFFFFF0, 5)
    tracks = drawn(packet(1, True, 0xFFFFFFF0, 32, 1), packet(11, False, 1, 0, 16))
    assert known(tracks["round trip out"]) == [10 * MS]


def test_rates_add_up_to_what_was_sent() -> None:
    tracks = drawn(packet(1, True, 0, 946, 1), packet(100, True, 946, 946, 1))
    step = (FLOW["end"] - FLOW["start"]) // BUCKETS + 1  # type: ignore[operator]
    assert round(sum(known(tracks["bytes out"])) * step / 1e9) == 2000


def test_others_and_a_single_packet_draw_nothing() -> None:
    stranger = packet(5, True, 1, 10, 1) | {"src_port": 9}
    assert drawn(packet(1, True, 100, 50, 1), stranger) == {}
    assert tracks_of(FLOW | {"end": 0, "last": 0}, [], NEEDS) == ()


def test_packets_without_tcp_only_count() -> None:
    series = Series(HERE, 0, 100)
    series.feed(packet(0, True, 0, 10, 0) | {"proto": "udp", "seq": None})
    assert [track.name for track in series.tracks()] == ["bytes out"]
