"""Numbers over a time as charts with their words; and those that the terminal itself collects live. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from procwire.model.values import human_duration, human_size
from procwire.tui.canvas import Ink
from procwire.tui.cells import fit
from procwire.tui.charts import spark
from procwire.tui.host import Track

KEPT = 300  # values of a track
NAME, WORDS = 18, 38
ROOMY, WORDS_WHOLE = 100, 41  # from that width on, rates are whole: three of them
GAUGES = (
    ("round trip", "duration", ("rtt", "smoothed_rtt", "kernel_rtt")),
    ("congestion window", "segments", ("congestion_window",)),
    ("unacknowledged", "segments", ("unacked",)),
)
COUNTERS = (
    ("bytes out", "rate", ("bytes_out",)),
    ("bytes in", "rate", ("bytes_in",)),
    ("sent again", "count", ("retransmissions",)),
)


class Collected:
    """What a live flow showed each time that it was looked at. ``see`` it, then ``tracks``."""

    def __init__(self) -> None:
        self._values: dict[str, deque[float | None]] = {}
        self._before: dict[str, float] = {}
        self._time = 0

    def see(self, now: int, flow: Mapping[str, Any], socket: Mapping[str, Any]) -> None:
        """One look: the flow's columns, and those of its socket, which are the kernel's."""
        step = (now - self._time) / 1e9
        if self._time and step <= 0:
            return
        for name, _, columns in GAUGES:
            value = _first(columns, socket, flow)
            if value is not None or name in self._values:
                self._put(name, value)
        for name, kind, columns in COUNTERS:
            value = _first(columns, flow)
            if value is None:
                continue
            before = self._before.get(name)
            if before is not None and value >= before:
                self._put(name, (value - before) / step if kind == "rate" else value - before)
            self._before[name] = value
        self._time = now

    def _put(self, name: str, value: float | None) -> None:
        self._values.setdefault(name, deque(maxlen=KEPT)).append(value)

    def tracks(self) -> tuple[Track, ...]:
        """As charts, oldest first."""
        kinds = [(name, kind) for name, kind, _ in (*COUNTERS[:2], *GAUGES, *COUNTERS[2:])]
        return tuple(
            Track(name=name, kind=kind, values=tuple(self._values[name]))
            for name, kind in kinds
            if name in self._values
        )


def _first(columns: Sequence[str], *rows: Mapping[str, Any]) -> float | None:
    for row in rows:
        for column in columns:
            if row.get(column) is not None:
                return float(row[column])
    return None


def said(kind: str, value: float) -> str:
    """A value in the words of its kind."""
    if kind == "duration":
        return human_duration(round(value))
    if kind == "rate":
        return f"{human_size(round(value))}/s"
    return human_size(round(value)) if kind == "size" else f"{value:,.0f}"


def charted(tracks: Sequence[Track], width: int, *, ascii_only: bool) -> list[Ink]:
    """A line for each: its name, what it is now and was in the middle and at most, its course."""
    lines: list[Ink] = []
    words_wide = WORDS if width < ROOMY else WORDS_WHOLE
    wide = max(8, min(120, width - NAME - words_wide - 3))
    for track in tracks:
        known = [value for value in track.values if value is not None]
        if not known:
            continue
        role = "warn" if track.kind == "count" and any(known) else "chart"
        if track.kind == "count":
            words = f"{sum(known):,.0f} in all, at most {max(known):,.0f} at once"
        else:
            middle, most = said(track.kind, median(known)), said(track.kind, max(known))
            words = f"{said(track.kind, known[-1])}, middle {middle}, most {most}"
        drawn = spark(_fitted(track.values, wide), wide, ascii_only=ascii_only)
        lines.append(
            ((f" {fit(track.name, NAME)}", "title"), (fit(words, words_wide) + " ", "text"), (drawn, role))
        )
    return lines


def _fitted(values: Sequence[float | None], width: int) -> list[float | None]:
    """As many values as there are cells: the largest of each cell, or the last ones where there are fewer."""
    if len(values) <= width:
        return list(values)
    found: list[float | None] = []
    for cell in range(width):
        part = values[cell * len(values) // width : (cell + 1) * len(values) // width]
        known = [value for value in part if value is not None]
        found.append(max(known) if known else None)
    return found
