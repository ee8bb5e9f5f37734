"""All rules over what a pipeline tells, each row shown only to rules that can match it.

What rules need of a row is looked for in one pass over its values (``detect.index``); rules that need nothing
in particular are asked each time. A rule that fails is stopped and named, and the others go on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from procwire.detect.contract import MAX_SUBJECTS, Kept, opener, subject, who
from procwire.detect.index import Index
from procwire.detect.rule import Rule
from procwire.model.columns import Table
from procwire.model.finding import MAX_EVIDENCE, Finding, evidence_row, packet_span
from procwire.model.lives import LIVES, LifeRow
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow
from procwire.model.values import as_text

FLOW = "flow"
MAX_DETAIL = 200  # characters of a command line in a sentence; the whole stands in its column

Row = FlowRow | LifeRow


class Seen(NamedTuple):
    """What is kept of a row that matched."""

    now: int
    flow_id: str
    first: int  # its flow's packets so far
    last: int


class _Waiting:
    """Rows of one rule and one set of values that wait for more."""

    def __init__(self) -> None:
        self.rows: deque[Seen] = deque()


class RuleSet:
    """Asks the rules that are enabled, and those in test, whose findings are no more than info.

    ``stopped``: which had to be stopped, and why.

    ``windowed``: those that look at stored rows, which are not asked here. ``before``: the set whose place
    this one takes; what was told is not told again.
    """

    def __init__(
        self, rules: Iterable[Rule], tables: Mapping[str, Table], *, before: RuleSet | None = None
    ) -> None:
        enabled = [rule for rule in rules if rule.state != "disabled"]
        self.windowed = [rule for rule in enabled if rule.window]
        self.rules = [rule for rule in enabled if not rule.window]
        self._of: dict[str, tuple[list[Rule], Index]] = {}
        for name in sorted({rule.table for rule in self.rules}):
            found = [rule for rule in self.rules if rule.table == name]
            self._of[name] = found, Index([rule.needs for rule in found], tables[name])
        self._told: Kept[list[int]] = Kept(MAX_SUBJECTS) if before is None else before._told
        self._waiting: Kept[_Waiting] = Kept(MAX_SUBJECTS) if before is None else before._waiting
        self.stopped: dict[str, str] = {}

    @property
    def tables(self) -> frozenset[str]:
        """The tables whose rows are asked about."""
        return frozenset(self._of)

    def lived(self, row: LifeRow, now: int) -> Iterator[Finding]:
        """Something happened to a process."""
        return self._ask(LIVES.name, row, now)

    def observed(self, row: ObservationRow, now: int) -> Iterator[Finding]:
        """A parser saw something."""
        return self._ask(row.seen.TABLE, row, now)

    def ended(self, row: FlowRow, now: int) -> Iterator[Finding]:
        """A flow is over."""
        return self._ask(FLOW, row, now)

    def _ask(self, table: str, row: Row, now: int) -> Iterator[Finding]:
        of = self._of.get(table)
        if of is None:
            return
        rules, index = of
        for number in index.candidates(row):
            rule = rules[number]
            if rule.id in self.stopped:
                continue
            try:
                found = self._judge(rule, row, now)
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
                self.stopped[rule.id] = f"{type(error).__name__}: {error}"
                continue
            if found is not None:
                yield found

    def _judge(self, rule: Rule, row: Row, now: int) -> Finding | None:
        if rule.keep is None or not rule.keep.matches(row):
            return None
        if any(one.matches(row) for one in rule.suppress):
            return None
        rows = [_seen(row, now)]
        if rule.count is not None:
            rows = self._counted(rule, row, now)
        if not rows:
            return None
        same = tuple(column.get(row) for column in rule.dedup) or _same(row)
        told = self._told.of((rule.id, same), list)
        if told and now - told[0] < rule.quiet:
            return None
        told[:] = [now]
        return _found(rule, row, now, rows, self._told.forgotten + self._waiting.forgotten)

    def _counted(self, rule: Rule, row: Row, now: int) -> list[Seen]:
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


def _same(row: Row) -> tuple[Any, ...]:
    """What makes two matches of a rule one, where it does not say."""
    if isinstance(row, LifeRow):
        return (row.exe or row.name, row.container, row.cmdline)
    return (subject(row), row.flow.dst, row.flow.dport)


def _seen(row: Row, now: int) -> Seen:
    if isinstance(row, LifeRow) or not row.flow.number:
        return Seen(now, "", 0, 0)
    flow = row.flow
    return Seen(now, flow.flow_id, flow.first, flow.last)


def _found(rule: Rule, row: Row, now: int, rows: list[Seen], forgotten: int) -> Finding:
    spans = {seen.flow_id: seen for seen in rows if seen.flow_id}
    about = _of_process(row) if isinstance(row, LifeRow) else _of_flow(row)
    detail = str(about.pop("detail", ""))
    return Finding(
        time=now,
        detector=rule.id,
        title=rule.title,
        severity=rule.told_severity,
        detail=rule.said(detail),
        attack=rule.attack,
        count=len(rows),
        first=rows[0].now,
        last=now,
        flows=tuple(spans)[:MAX_EVIDENCE],
        rows=tuple(evidence_row(rule.table, seen.now, seen.flow_id) for seen in rows[-MAX_EVIDENCE:]),
        packets=tuple(packet_span(*seen[1:]) for seen in list(spans.values())[:MAX_EVIDENCE]),
        reasons=(f"{forgotten} entries were dropped for lack of room",) if forgotten else (),
        **about,
    )


def _of_flow(row: FlowRow) -> dict[str, Any]:
    flow = row.flow
    if not flow.number:  # a stand-in for what is not IP has no ends
        return {}
    target = flow.server_name or flow.dst
    return {"source": flow.src, "target": target, "port": flow.dport, **who(opener(row))}


def _of_process(row: LifeRow) -> dict[str, Any]:
    return {
        "pid": row.pid,
        "process": row.name,
        "exe": row.exe,
        "user": row.user,
        "container": (row.facts.name if row.facts is not None else "") or row.container,
        "cmdline": row.cmdline,
        "process_start": row.start,
        "ancestors": row.ancestors,
        "detail": (row.cmdline or row.exe or row.name)[:MAX_DETAIL],
    }
