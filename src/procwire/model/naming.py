"""Columns that name what a fingerprint or the outside of a flow suggests, through RowContext."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.model.rows import FlowRow

Getter = Callable[[Any], Any]


def named(kinds: tuple[str, ...]) -> Getter:
    """Names of the programs behind the first of these fingerprints that has any."""

    def get(row: FlowRow) -> Any:
        found = _named(row, kinds)
        return found[1] if found else None

    return get


def named_by(kinds: tuple[str, ...]) -> Getter:
    """Which of these fingerprints it is."""

    def get(row: FlowRow) -> Any:
        found = _named(row, kinds)
        return found[0] if found else None

    return get


def _named(row: FlowRow, kinds: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    for kind in kinds:
        value = row.flow.ja4 if kind == "ja4" else row.facts.get(kind)
        names = row.context.fingerprint(kind, value) if value else ()
        if names:
            return kind, names
    return None


def carried(kinds: tuple[str, ...], part: int) -> Getter:
    """What is probably inside, or (1) what that rests on; ``kinds``: fingerprints that name the client."""

    def get(row: FlowRow) -> Any:
        if not row.flow.ja4 and not row.facts.get("via"):
            return None
        named = _named(row, kinds)
        found = row.context.carries(row.flow, named[1] if named else ())
        return found[part] if found else None

    return get
