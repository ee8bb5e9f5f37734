"""Answers in small steps: each is a generator that yields a part of the answer, or None where it may pause.

So no request keeps an engine from its packets, however many rows it is about.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from typing import Any

from procwire.api.catalogue import Catalogue, columns_of, readers_of, seen_by
from procwire.api.messages import AskFlow, AskRows, Failed, Reply, Rows, Tables, Whole
from procwire.api.offers import Offer, Viewer
from procwire.model.columns import Column
from procwire.model.plain import Reader, cells, fields, readers

STRIDE = 16  # rows that are looked at between two places to pause
PART_ROWS = 64  # in one message
MAX_MATCHES = 1_000_000  # rows of one answer that are put in order
MAX_OF_FLOW = 500  # observations, and findings, of one flow

Answer = Iterator[Reply | None]


def tables(catalogue: Catalogue, number: int) -> Answer:
    """Every table, some in each part."""
    part = []
    for told in catalogue.told():
        part.append(told)
        if len(part) >= 16:
            yield Tables(id=number, tables=tuple(part))
            part = []
    yield Tables(id=number, tables=tuple(part), last=True)


def rows(catalogue: Catalogue, asked: AskRows, viewer: Viewer, now: int) -> Answer:
    """Rows of a table. Raises AskedError with the first step."""
    offer = catalogue.offer(asked.table, asked.id)
    match = seen_by(catalogue.match(asked.filter, offer.table, asked.id, now), offer, viewer)
    how = readers_of(offer.table, asked.columns, asked.id)
    order = _order(offer, asked)
    while (found := offer.rows()) is None:
        yield None
    kept: list[Any] = []
    total = 0
    most = MAX_MATCHES if order else asked.offset + asked.limit
    for seen, row in enumerate(found, 1):
        if match is None or match(row):
            total += 1
            if len(kept) < most:
                kept.append(row)
        if not seen % STRIDE:
            yield None
    if order:
        yield None
        kept = _first(kept, order, asked.offset + asked.limit)
    yield from _parts(asked, how, kept[asked.offset : asked.offset + asked.limit])
    reasons = list(offer.reasons())
    if order and total > most:
        reasons.append(f"only {most} of {total} rows were put in order")
    names = tuple(name for name, _, _ in how)
    yield Rows(
        id=asked.id, columns=names, rows=[], total=total, complete=not reasons, reasons=tuple(reasons),
        last=True,
    )  # fmt: skip


def _parts(asked: AskRows, how: list[Reader], found: list[Any]) -> Answer:
    names = tuple(name for name, _, _ in how)
    for start in range(0, len(found), PART_ROWS):
        part = [cells(row, how) for row in found[start : start + PART_ROWS]]
        yield Rows(id=asked.id, columns=names, rows=part)


def _order(offer: Offer, asked: AskRows) -> list[tuple[Column, bool]]:
    names = [name.removeprefix("-") for name in asked.order]
    columns = columns_of(offer.table, names, asked.id) if names else []
    return [(column, word.startswith("-")) for column, word in zip(columns, asked.order, strict=True)]


def _first(kept: list[Any], order: list[tuple[Column, bool]], count: int) -> list[Any]:
    """The first ``count`` in that order; what is not known comes last, rows of equal rank as they came."""
    keyed = [([column.get(row) for column, _ in order], place) for place, row in enumerate(kept)]

    def compare(one: tuple[list[Any], int], two: tuple[list[Any], int]) -> int:
        for (_, reverse), left, right in zip(order, one[0], two[0], strict=True):
            if left == right:
                continue
            if left is None or right is None:
                return 1 if left is None else -1
            return -1 if (left > right) == reverse else 1
        return one[1] - two[1]

    return [kept[place] for _, place in heapq.nsmallest(count, keyed, key=cmp_to_key(compare))]


def flow(catalogue: Catalogue, asked: AskFlow, viewer: Viewer) -> Answer:
    """One flow with what was seen in it and what was found about it. Raises AskedError."""
    offer = catalogue.offer("flow", asked.id)
    visible = offer.visible(viewer)
    found = None
    for seen, row in enumerate(offer.rows() or (), 1):
        if row.flow.flow_id == asked.flow_id and (visible is None or visible(row)):
            found = row  # the last one: numbers that are final come after those that go on
        if not seen % STRIDE:
            yield None
    if found is None:
        words = f"no flow {asked.flow_id} is open or ended lately: procwire flow finds what is stored"
        yield Failed(asked.id, "flow", words)
        return
    wanted = found.flow.number
    observations: list[dict[str, Any]] = []
    for row in _some(catalogue, "observation", lambda row: row.flow.number == wanted):
        if row is not None:
            how = readers(catalogue.kinds((row.seen.TABLE,), asked.id)[row.seen.TABLE])
            observations.append(fields(row, how, {"table": row.seen.TABLE}))
        else:
            yield None
    findings: list[dict[str, Any]] = []
    for row in _some(catalogue, "finding", lambda row: asked.flow_id in row.flows):
        if row is not None:
            findings.append(fields(row, readers(catalogue.offer("finding", asked.id).table), {}))
        else:
            yield None
    yield Whole(
        id=asked.id,
        flow=fields(found, readers(offer.table), {}),
        observations=observations,
        findings=findings,
        reasons=offer.reasons(),
    )


def _some(catalogue: Catalogue, name: str, wanted: Callable[[Any], bool]) -> Iterator[Any | None]:
    """Rows of a table that are wanted, MAX_OF_FLOW at most; None at places to pause."""
    count = 0
    for seen, row in enumerate(catalogue.now(name), 1):
        if wanted(row):
            count += 1
            yield row
            if count >= MAX_OF_FLOW:
                return
        if not seen % STRIDE:
            yield None
