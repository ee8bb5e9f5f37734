"""All rules over what a pipeline tells, each row shown only to rules that can match it.

A rule that needs a column to have one of some values is looked up by the row's value; others are asked each
time. A rule that fails is stopped and named, and the others go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from procwire.detect.contract import MAX_SUBJECTS, Kept, opener, subject, who
from procwire.detect.rule import Rule
from procwire.model.columns import Column, Kind, Table
from procwire.model.filter import checker
from procwire.model.filter.literals import Exact, Span
from procwire.model.finding import MAX_EVIDENCE, Finding, evidence_row, packet_span
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow
from procwire.model.values import as_text

FLOW = "flow"


class Seen(NamedTuple):
    """What is kept of a row that matched."""

    now: int
    flow_id: str
    first: int  # its flow's packets so far
    last: int


class _Of:
    """The rules of one table: ``always`` are asked of each row, ``by`` are found by a column's value."""

    def __init__(self, rules: Sequence[Rule], table: Table) -> None:
        self.always: list[Rule] = []
        self.by: list[tuple[Column, dict[Any, list[Rule]]]] = []
        found: dict[str, dict[Any, list[Rule]]] = {}
        for rule in rules:
            name, values = needed(rule.keep.tree, table) or ("", frozenset())
            if not name:
                self.always.append(rule)
            for value in values:
                found.setdefault(name, {}).setdefault(value, []).append(rule)
        self.by = [(table.column(name), index) for name, index in found.items()]

    def candidates(self, row: Any) -> Iterator[Rule]:
        """Every rule that can match a row, and some that do not."""
        yield from self.always
        for column, index in self.by:
            value = column.get(row)
            if value is None:
                continue
            if column.kind is Kind.LIST:  # two members may lead to one rule
                texts = {as_text(member).lower() for member in value}
                yield from {rule.id: rule for text in texts for rule in index.get(text, ())}.values()
            else:
                yield from index.get(_folded(value) if column.kind is Kind.TEXT else value, ())


def needed(tree: checker.Meaning, table: Table) -> tuple[str, frozenset[Any]] | None:
    """(column, values): a row can match only where the column has one of them. None for no such."""
    match tree:
        case checker.Test(operator="==", negate=False, terms=(term,)):
            kind = table.column(term.column).kind
            values = [_key(kind, value) for value in term.values]
            return None if None in values else (term.column, frozenset(values))
        case checker.All():
            return next((found for item in tree.items if (found := needed(item, table))), None)
        case checker.Any():
            parts = [needed(item, table) for item in tree.items]
            known = [part for part in parts if part is not None]
            if len(known) == len(parts) and len({name for name, _ in known}) == 1:
                return known[0][0], frozenset().union(*(values for _, values in known))
    return None


def _key(kind: Kind, value: Any) -> Any:
    if isinstance(value, Exact) and kind in {Kind.TEXT, Kind.LIST}:
        return value.text
    if isinstance(value, Span) and kind is Kind.INTEGER and value.low == value.high:
        return value.low
    return None


def _folded(value: Any) -> str:
    return (value if isinstance(value, str) else as_text(value)).lower()


class _Waiting:
    """Rows of one rule and one set of values that wait for more."""

    def __init__(self) -> None:
        self.rows: deque[Seen] = deque()


class RuleSet:
    """Asks the rules that are enabled. ``stopped``: which had to be stopped, and why."""

    def __init__(self, rules: Iterable[Rule], tables: Mapping[str, Table]) -> None:
        self.rules = [rule for rule in rules if rule.state == "enabled"]
        by: dict[str, list[Rule]] = {}
        for rule in self.rules:
            by.setdefault(rule.table, []).append(rule)
        self._of = {name: _Of(found, tables[name]) for name, found in by.items()}
        self._told: Kept[list[int]] = Kept(MAX_SUBJECTS)
        self._waiting: Kept[_Waiting] = Kept(MAX_SUBJECTS)
        self.stopped: dict[str, str] = {}

    def observed(self, row: ObservationRow, now: int) -> Iterator[Finding]:
        """A parser saw something."""
        return self._ask(row.seen.TABLE, row, now)

    def ended(self, row: FlowRow, now: int) -> Iterator[Finding]:
        """A flow is over."""
        return self._ask(FLOW, row, now)

    def _ask(self, table: str, row: FlowRow, now: int) -> Iterator[Finding]:
        of = self._of.get(table)
        if of is None:
            return
        for rule in of.candidates(row):
            if rule.id in self.stopped:
                continue
            try:
                found = self._judge(rule, row, now)
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
                self.stopped[rule.id] = f"{type(error).__name__}: {error}"
                continue
            if found is not None:
                yield found

    def _judge(self, rule: Rule, row: FlowRow, now: int) -> Finding | None:
        if not rule.keep.matches(row) or any(one.matches(row) for one in rule.suppress):
            return None
        rows = [_seen(row, now)]
        if rule.count is not None:
            rows = self._counted(rule, row, now)
        if not rows:
            return None
        same = tuple(column.get(row) for column in rule.dedup) or (subject(row), row.flow.dst, row.flow.dport)
        told = self._told.of((rule.id, same), list)
        if told and now - told[0] < rule.quiet:
            return None
        told[:] = [now]
        return _found(rule, row, now, rows, self._told.forgotten + self._waiting.forgotten)

    def _counted(self, rule: Rule, row: FlowRow, now: int) -> list[Seen]:
        """The rows that together are enough, or none yet."""
        assert rule.count is not None
        values = tuple(as_text(column.get(row)) for column in rule.by)
        waiting = self._waiting.of((rule.id, values), _Waiting).rows
        while waiting and waiting[0].now < now - rule.count.over:
            waiting.popleft()
        waiting.append(_seen(row, now))
        if len(waiting) < rule.count.least:
            return []
        found = list(waiting)
        waiting.clear()
        return found


def _seen(row: FlowRow, now: int) -> Seen:
    flow = row.flow
    return Seen(now, flow.flow_id, flow.first, flow.last) if flow.number else Seen(now, "", 0, 0)


def _found(rule: Rule, row: FlowRow, now: int, rows: list[Seen], forgotten: int) -> Finding:
    flow = row.flow
    spans = {seen.flow_id: seen for seen in rows if seen.flow_id}
    ip = bool(flow.number)  # a stand-in for what is not IP has no ends
    return Finding(
        time=now,
        detector=rule.id,
        title=rule.title,
        severity=rule.severity,
        detail=rule.title,
        attack=rule.attack,
        source=flow.src if ip else "",
        target=(flow.server_name or flow.dst) if ip else "",
        port=flow.dport if ip else None,
        count=len(rows),
        first=rows[0].now,
        last=now,
        flows=tuple(spans)[:MAX_EVIDENCE],
        rows=tuple(evidence_row(rule.table, seen.now, seen.flow_id) for seen in rows[-MAX_EVIDENCE:]),
        packets=tuple(packet_span(*seen[1:]) for seen in list(spans.values())[:MAX_EVIDENCE]),
        reasons=(f"{forgotten} entries were dropped for lack of room",) if forgotten else (),
        **who(opener(row)),
    )
