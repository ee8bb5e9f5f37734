"""Paths that were recorded, as steps: CSV, mahimahi traces, flows in JSON lines of procwire. Pure."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from procwire.shaping.emulation.trace import OPPORTUNITY_BYTES, read_trace
from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Delay, Effect, Rate
from procwire.shaping.loss import Loss
from procwire.shaping.scenario.plan import MAX_STEPS, Effects, Step
from procwire.shaping.spelling import Value
from procwire.shaping.texts.located import FileError
from procwire.shaping.words import effects

BIN_MS = 200  # of a mahimahi trace whose rate is followed in steps
LAST_NS = 1_000_000_000  # how long the last line of a table holds, where there is one alone
_COLUMN = re.compile(r"(?:(egress|ingress|up|down)_)?(rate|rtt|delay|jitter|loss)(?:_(\w+))?")
_UNITS = {
    "bps": "bit", "kbps": "kbit", "mbps": "mbit", "gbps": "gbit",
    "ms": "ms", "s": "s", "us": "us", "percent": "%", "": "",
}  # fmt: skip
_USUAL = {"rate": "bit", "rtt": "ms", "delay": "ms", "jitter": "ms", "loss": "%"}
_SIDES = {"up": "egress", "down": "ingress", "egress": "egress", "ingress": "ingress"}


def steps(text: str, name: str) -> list[Step]:
    """The steps of a recording, by what it looks like. Raises FileError."""
    first = next((line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"), "")
    if first.startswith("{"):
        return flows(text, name)
    return mahimahi(text, name) if first.isdigit() else table(text, name)


def table(text: str, name: str) -> list[Step]:
    """CSV with a head: ``time`` in seconds, and any of rate_mbps, rtt_ms, loss_percent, up_rate_kbps, ..."""
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    head = [column.strip().lower() for column in next(rows, [])]
    times = [place for place, column in enumerate(head) if column in ("time", "time_s", "t")]
    if len(times) != 1:
        raise FileError(
            name, 1, "a table has a head with 'time', and such as rate_mbps, rtt_ms, loss_percent"
        )
    words = {place: _word(column, name) for place, column in enumerate(head) if place != times[0]}
    found: list[tuple[int, Effects, int]] = []
    for row in rows:
        line = rows.line_num
        if not row:
            continue
        try:
            at = round(float(row[times[0]]) * 1e9)
            told = {
                word: f"{float(row[place]):.9g}{unit}" for place, (word, unit) in words.items() if row[place]
            }
            made = effects(_plain(told))
        except (ValueError, IndexError, OverflowError):
            raise FileError(name, line, "a number is wanted in every column") from None
        except InvalidError as error:
            raise FileError(name, line, str(error)) from None
        found.append((at, Effects(egress=made.get("egress"), ingress=made.get("ingress")), line))
        if len(found) > MAX_STEPS:
            raise FileError(name, line, f"more than {MAX_STEPS} lines")
    return _spaced(found, name)


def mahimahi(text: str, name: str) -> list[Step]:
    """Its rate in steps of 200 ms, both directions: for targets that follow a rate and no single packets."""
    try:
        times = read_trace(text, name)
    except InvalidError as error:
        place, _, line = error.field.rpartition(":")
        raise FileError(place or name, int(line) if line.isdigit() else 1, error.reason) from None
    counts: dict[int, int] = {}
    for at in times:
        counts[min(at, times[-1] - 1) // BIN_MS] = counts.get(min(at, times[-1] - 1) // BIN_MS, 0) + 1
    made = []
    for number in range((times[-1] - 1) // BIN_MS + 1):
        length = min(BIN_MS, times[-1] - number * BIN_MS)
        bits = counts.get(number, 0) * OPPORTUNITY_BYTES * 8 * 1000 // length
        effect = Effect(rate=Rate(bits=bits)) if bits >= 8 else Effect(loss=Loss(1.0))
        made.append(Step(span_ns=length * 1_000_000, effects=Effects(egress=effect, ingress=effect)))
    if len(made) > MAX_STEPS:
        raise FileError(name, 1, f"more than {MAX_STEPS * BIN_MS // 1000} s")
    return made


def flows(text: str, name: str) -> list[Step]:
    """Flows that procwire told (``history --json``, ``read --json``): each shows its path from its start on.

    Its round trip is taken as it is, its retransmissions as losses of what was sent, and what it received in
    its time as the least that the path could carry, which is no bound: no rate is made of it.
    """
    found: list[tuple[int, Effects, int]] = []
    for line, written in enumerate(text.splitlines(), 1):
        if not written.strip():
            continue
        try:
            row = json.loads(written)
            at = _start(row["start"])
        except (ValueError, KeyError, TypeError):
            raise FileError(
                name, line, "a flow of procwire is wanted, one JSON object with its start"
            ) from None
        if isinstance(row.get("rtt"), int | float) and row["rtt"] > 0:
            found.append((at, _seen(row), line))
        if len(found) > MAX_STEPS:
            raise FileError(name, line, f"more than {MAX_STEPS} flows")
    if not found:
        raise FileError(name, 1, "none of these flows has a round trip time")
    found.sort(key=lambda one: one[0])
    distinct = {at: (at, effects, line) for at, effects, line in found}
    return _spaced(list(distinct.values()), name)


def _seen(row: Mapping[str, Any]) -> Effects:
    half = min(round(row["rtt"] * 1e9 / 2), 3600 * 10**9)
    delay = Delay(latency_ns=half)
    sent, again = row.get("packets_out") or 0, row.get("retransmissions") or 0
    share = min(0.99, again / sent) if isinstance(sent, int) and isinstance(again, int) and sent > 0 else 0.0
    return Effects(
        egress=Effect(delay=delay, loss=Loss(share) if share > 1e-6 else None), ingress=Effect(delay=delay)
    )


def _start(value: Any) -> int:
    if isinstance(value, int | float):
        return int(value)
    return round(datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", value)).timestamp() * 1e9)


def _spaced(found: list[tuple[int, Effects, int]], name: str) -> list[Step]:
    """Each holds until the next begins; the last as long as the one before it."""
    if not found:
        raise FileError(name, 1, "there is nothing in it")
    lengths = []
    for (at, _, _), (later, _, line) in pairwise(found):
        if later <= at:
            raise FileError(name, line, "times must go up")
        lengths.append(later - at)
    lengths.append(lengths[-1] if lengths else LAST_NS)
    return [
        Step(span_ns=length, effects=made, line=line)
        for length, (_, made, line) in zip(lengths, found, strict=True)
    ]


def _word(column: str, name: str) -> tuple[str, str]:
    """The word of a column, and the unit of its numbers."""
    found = _COLUMN.fullmatch(column)
    if found is None or (found[3] or "") not in _UNITS:
        raise FileError(name, 1, f"{column[:40]!r} is no column such as rate_mbps, rtt_ms, up_loss_percent")
    side = f"{_SIDES[found[1]]}-" if found[1] else ""
    return f"{side}{found[2]}", _UNITS[found[3] or ""] or _USUAL[found[2]]


def _plain(told: Mapping[str, str]) -> dict[str, Value]:
    """Whole bits and nanoseconds, no exponents; a rate of nothing is an outage."""
    found: dict[str, Value] = {}
    for word, text in told.items():
        number = re.match(r"[-+0-9.e]+", text)
        value, unit = float(number[0]) if number else 0.0, text[number.end() :] if number else ""
        if word.endswith("rate"):
            scale = {"bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9}[unit]
            if value * scale < 8:
                found[word.replace("rate", "loss")] = "100%"
            else:
                found[word] = f"{round(value * scale)}bit"
        elif unit == "%":
            found.setdefault(word, f"{value:.6f}%")
        else:
            found[word] = f"{round(value * {'us': 1e3, 'ms': 1e6, 's': 1e9}[unit])}ns"
    return found
