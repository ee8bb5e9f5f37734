"""Flows taken together by what they have in common, and the filter that finds the members of a group.

Pure: rows in, rows out. A group of flows whose owner or protocol is not known is called ``(unknown)``, never
something made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

NOBODY = "(unknown)"
HOST = "(host)"  # a process that is in no container, or in no unit
BY = ("process", "remote", "protocol", "unit", "container")
NEEDS = ("process", "pid", "src", "dst", "direction", "app", "proto", "unit", "container", "bytes_out",
         "bytes_in", "packets", "start", "last", "owner_confidence", "app_confidence")  # fmt: skip
COLUMNS = ("group", "confidence", "flows", "packets", "bytes", "bytes_out", "bytes_in", "start", "last")
SUMS = ("flows", "packets", "bytes", "bytes_out", "bytes_in")
MIXED = "mixed"
GUESS = "port-guess"
GUESSED = "?"  # behind a protocol that a port alone suggests; no protocol's name ends so


def _process(row: Mapping[str, Any]) -> tuple[str, str]:
    return row.get("process") or NOBODY, row.get("owner_confidence") or ""


def _placed(name: str) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    def key(row: Mapping[str, Any]) -> tuple[str, str]:
        found = row.get(name) or (HOST if row.get("process") else NOBODY)
        return found, row.get("owner_confidence") or ""

    return key


def _remote(row: Mapping[str, Any]) -> tuple[str, str]:
    return (row.get("src") if row.get("direction") == "in" else row.get("dst")) or NOBODY, ""


def _protocol(row: Mapping[str, Any]) -> tuple[str, str]:
    app, sure = row.get("app"), row.get("app_confidence") or ""
    name = (app if app and app != "unknown" else row.get("proto")) or NOBODY
    return (name + GUESSED if sure == GUESS else name), sure


KEYS: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "process": _process,
    "remote": _remote,
    "protocol": _protocol,
    "unit": _placed("unit"),
    "container": _placed("container"),
}


class Sum(msgspec.Struct):
    """What the flows of one group come to."""

    confidence: str
    flows: int = 0
    packets: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    start: int = 0
    last: int = 0

    def add(self, row: Mapping[str, Any], confidence: str) -> None:
        """One more flow."""
        self.flows += 1
        self.packets += row.get("packets") or 0
        self.bytes_out += row.get("bytes_out") or 0
        self.bytes_in += row.get("bytes_in") or 0
        start, last = row.get("start") or 0, row.get("last") or 0
        self.start = min(self.start, start) if self.start else start
        self.last = max(self.last, last)
        if confidence != self.confidence:
            self.confidence = MIXED


def grouped(rows: Iterable[Mapping[str, Any]], by: str) -> dict[str, Sum]:
    """The groups of some flows."""
    key = KEYS[by]
    found: dict[str, Sum] = {}
    for row in rows:
        name, confidence = key(row)
        one = found.get(name)
        if one is None:
            one = found[name] = Sum(confidence)
        one.add(row, confidence)
    return found


def table_rows(found: Mapping[str, Sum]) -> list[dict[str, Any]]:
    """Groups as rows of the table ``group``, the largest first."""
    rows: list[dict[str, Any]] = [
        {
            "group": name, "confidence": one.confidence, "flows": one.flows, "packets": one.packets,
            "bytes": one.bytes_out + one.bytes_in, "bytes_out": one.bytes_out, "bytes_in": one.bytes_in,
            "start": one.start, "last": one.last,
        }
        for name, one in found.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["bytes"], row["group"]))
    return rows


def name_of(by: str, row: Mapping[str, Any]) -> str:
    """What people call a group: a protocol that is only guessed is not the one that was seen."""
    name = str(row["group"])
    guessed = by == "protocol" and row.get("confidence") == GUESS and not name.endswith(GUESSED)
    return name + GUESSED if guessed else name


def named(rows: Iterable[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    """Groups by the names that people call them; whose names are the same are one.

    Who answers keeps protocols apart by each confidence, guessed or not.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = name_of(by, row)
        known = found.get(name)
        found[name] = {**row, "group": name} if known is None else _joined(known, row)
    return list(found.values())


def _joined(one: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    sums = {name: (one[name] or 0) + (other[name] or 0) for name in SUMS}
    begun = [row["start"] for row in (one, other) if row["start"]]
    return {
        **one, **sums, "start": min(begun, default=None),
        "last": max(one["last"] or 0, other["last"] or 0),
        "confidence": one["confidence"] if one["confidence"] == other["confidence"] else MIXED,
    }  # fmt: skip


def ordered(rows: Iterable[dict[str, Any]], order: str, *, descending: bool) -> list[dict[str, Any]]:
    """Rows by a column; what is not known comes last either way."""
    known: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    for row in rows:
        (unknown if row.get(order) is None else known).append(row)
    known.sort(key=lambda row: row[order], reverse=descending)
    return known + unknown


def quoted(text: str) -> str:
    """A value as the filter language quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def members(by: str, name: str) -> str:
    """The filter that finds a group's flows."""
    if by == "remote":
        if name == NOBODY:
            return 'not (src ~ ".") and not (dst ~ ".")'
        return f'((direction == "in" and src == {name}) or (not (direction == "in") and dst == {name}))'
    if by == "protocol":
        value = quoted(name.removesuffix(GUESSED))
        if name.endswith(GUESSED):
            return f"(app == {value} and app_confidence == {GUESS})"
        return f"(app == {value} and app_confidence != {GUESS} or app == unknown and proto == {value})"
    if name == NOBODY:
        return 'not (process ~ ".")'
    if name == HOST:
        return f'(process ~ "." and not ({by} ~ "."))'
    return f"{by} == {quoted(name)}"


def both(one: str, other: str) -> str:
    """A filter that holds where both do."""
    return f"({one}) and {other}" if one and other else one or other


def counted(values: Sequence[Any], most: int) -> list[tuple[Any, int]]:
    """The most frequent values with their numbers."""
    found: dict[Any, int] = {}
    for value in values:
        if value not in (None, ""):
            found[value] = found.get(value, 0) + 1
    return sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))[:most]
