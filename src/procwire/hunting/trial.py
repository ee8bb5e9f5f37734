"""Rules tried on what was stored: each asked of the rows of a span, as it would have been asked then.

A rule over single rows is asked of the store by the same filter or query; ``count``, ``dedup`` and ``quiet``
are applied to what matches, in order of time. Rules with windows look as a hunter does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from procwire.detect.rule import Rule
from procwire.detect.single import source_and_condition
from procwire.hunting.hunter import Hunter
from procwire.model.columns import Table
from procwire.model.filter import Filter, compile_filter
from procwire.model.rule_tests import TrialRow
from procwire.model.values import as_text
from procwire.store.asking import Limits, Questions
from procwire.store.reader import Reader, Window, stored
from procwire.store.schema import moment_of

LIMITS = Limits(seconds=30.0, rows=100_000)
EXAMPLE = ("src", "dst", "dst_port", "server_name", "query", "host", "exe", "cmdline", "process")


def tried(rule: Rule, tables: Mapping[str, Table], store: Path, since: int, until: int) -> TrialRow:
    """What a rule finds in rows after ``since`` up to ``until`` (ns). Raises StoreError."""
    row = TrialRow(rule=rule.id, severity=rule.severity, state=rule.state, table=rule.table)
    if rule.window:
        _windows(rule, tables, store, since, row)
        return row
    found = (
        _asked(rule, tables, store, (since, until), row)
        if rule.sql
        else _read(rule, tables, store, since, until)
    )
    told: dict[tuple[str, ...], int] = {}
    waiting: dict[tuple[str, ...], deque[int]] = {}
    for moment, values in found:
        if not _enough(rule, moment, values, waiting):
            continue
        same = tuple(as_text(values.get(column.name)) for column in rule.dedup) or _ends(values)
        if same in told and moment - told[same] < rule.quiet:
            continue
        told[same] = moment
        _note(row, moment, values)
    return row


def _enough(
    rule: Rule, moment: int, values: Mapping[str, Any], waiting: dict[tuple[str, ...], deque[int]]
) -> bool:
    if rule.count is None:
        return True
    by = tuple(as_text(values.get(column.name)) for column in rule.by)
    moments = waiting.setdefault(by, deque())
    while moments and moments[0] < moment - rule.count.over:
        moments.popleft()
    moments.append(moment)
    if len(moments) < rule.count.least:
        return False
    moments.clear()
    return True


def _ends(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        as_text(values.get(name)) for name in ("src", "process", "exe", "cmdline", "dst", "dst_port")
    )


def _note(row: TrialRow, moment: int, values: Mapping[str, Any]) -> None:
    row.found += 1
    row.first = row.first or moment
    row.last = moment
    if not row.example:
        shown = (f"{name}={values[name]}" for name in EXAMPLE if values.get(name) is not None)
        row.example = ", ".join(shown)[:200]


def _read(
    rule: Rule, tables: Mapping[str, Table], store: Path, since: int, until: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows that a filter matches."""
    table = tables[rule.table]
    read = stored(table)
    moment = moment_of(table)
    keep = rule.keep if isinstance(rule.keep, Filter) else None
    suppressed = [_of_rows(one, read) for one in rule.suppress]
    with Reader(store) as reader:
        for row in reader.rows(table, window=Window(since=since, until=until), keep=keep):
            if not any(one.matches(row) for one in suppressed):
                values = {column.name: column.get(row) for column in read}
                yield int(values[moment] or 0), values


def _of_rows(one: Filter, table: Table) -> Filter:
    return compile_filter(one.text, table, now=0)


def _asked(
    rule: Rule, tables: Mapping[str, Table], store: Path, bounds: tuple[int, int], row: TrialRow
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows that a query matches, whatever it selects."""
    table = tables[rule.table]
    moment = moment_of(table)
    text = f"SELECT * {source_and_condition(rule.match)} ORDER BY {moment}"
    suppressed = [_of_rows(one, _mapped(table)) for one in rule.suppress]
    with Questions(tables.values(), store=store, live={}, limits=LIMITS) as questions:
        questions.bounds = bounds
        answer = questions.ask(text)
        for one in answer.rows:
            values = {column.name: column.get(one) for column in answer.table}
            if not any(kept.matches(values) for kept in suppressed):
                yield int(values.get(moment) or 0), values
        row.problem = answer.cut


def _mapped(table: Table) -> Table:
    columns = [
        msgspec.structs.replace(column, get=lambda row, name=column.name: row.get(name)) for column in table
    ]
    return msgspec.structs.replace(table, columns=tuple(columns))


def _windows(rule: Rule, tables: Mapping[str, Table], store: Path, since: int, row: TrialRow) -> None:
    with Hunter([rule], tables, store, since=since) as hunter:
        for finding in hunter.step(0, all_due=True):
            if finding.detector == rule.id:
                row.found += 1
                row.first = row.first or finding.time
                row.last = finding.time
                row.example = row.example or finding.detail
        row.problem = hunter.stopped.get(rule.id, "")
