"""Charts of a flow, and what is collected of a live one."""

from __future__ import annotations

from procwire.tui.host import Track
from procwire.tui.tracks import KEPT, Collected, charted

SECOND = 1_000_000_000


def collected(looks: int) -> Collected:
    made = Collected()
    for look in range(looks):
        flow = {
            "bytes_out": look * 1000,
            "bytes_in": 0,
            "retransmissions": look // 2,
            "smoothed_rtt": 5_000_000,
        }
        socket = {"rtt": 1_000_000 * (look + 1), "congestion_window": 10 + look}
        made.see((look + 1) * SECOND, flow, socket if look < 3 else {})
    return made


def test_counters_become_rates_and_gauges_stay() -> None:
    tracks = {track.name: track.values for track in collected(3).tracks()}
    assert tracks["bytes out"] == (1000.0, 1000.0)
    assert tracks["sent again"] == (0.0, 1.0)
    assert tracks["congestion window"] == (10.0, 11.0, 12.0)


def test_the_kernels_own_round_trip_goes_first_and_a_lost_gauge_leaves_a_hole() -> None:
    tracks = {track.name: track.values for track in collected(4).tracks()}
    assert tracks["round trip"] == (1e6, 2e6, 3e6, 5e6)
    assert tracks["congestion window"][-1] is None


def test_the_same_moment_counts_once_and_memory_is_bounded() -> None:
    made = collected(2)
    made.see(2 * SECOND, {"bytes_out": 9999}, {})
    assert {track.name: track.values for track in made.tracks()}["bytes out"] == (1000.0,)
    made = collected(KEPT + 20)
    assert max(len(track.values) for track in made.tracks()) == KEPT


def test_a_chart_has_its_numbers_in_words() -> None:
    tracks = [
        Track(name="round trip", kind="duration", values=(1e6, 3e6, None, 2e6)),
        Track(name="sent again", kind="count", values=(0.0, 2.0, 1.0)),
        Track(name="nothing", kind="size", values=(None, None)),
    ]
    lines = ["".join(piece[0] for piece in line) for line in charted(tracks, 100, ascii_only=True)]
    assert "2.0 ms, middle 2.0 ms, most 3.0 ms" in lines[0]
    assert "3 in all, at most 2 at once" in lines[1]
    assert len(lines) == 2
    assert all(len(line) <= 100 for line in lines)


def test_more_values_than_cells_keep_their_peaks() -> None:
    values = [1.0] * 999 + [50.0]
    (line,) = charted([Track(name="x", kind="size", values=tuple(values))], 90, ascii_only=True)
    assert line[-1][0].endswith("@")
