"""Rules with windows over the store: each is asked only of windows that new rows fall into.

Windows end at most ``every`` apart, so whatever lies within a window's length less that is seen together. A
query has a deadline and limits on rows and memory; a rule that is too slow MAX_SLOW times running, or that
fails, is stopped, which is a finding too, and the others go on. Reads the store on a connection of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from procwire.detect.contract import MAX_SUBJECTS, Kept
from procwire.detect.rule import Rule
from procwire.hunting.found import Row
from procwire.model.columns import Table
from procwire.model.finding import Finding
from procwire.store.asking import Limits, QueryError, Questions
from procwire.store.reason import StoreError

HEAP_BYTES = 512 << 20  # of the whole process: SQLite's limit is one for all its connections
LIMITS = Limits(seconds=2.0, rows=1000, heap_bytes=HEAP_BYTES)
MAX_SLOW = 3
MAX_WINDOWS = 20_000  # of one rule at one time; beyond, what is older is not looked at, which is said
HEALTH = "rule-health"  # in the place of a detector, for findings that say that one was stopped


class _State(msgspec.Struct):
    """How far a rule is."""

    due: int = 0
    slow: int = 0
    seen: dict[str, int] = {}  # rows of each table that were looked at, by rowid


class Hunter:
    """``rules``: with windows. ``new``: only rows that are stored from now on make them
    look; ``since``: only those from a moment on (ns).

    A context manager. All files are open once it is made, so that it may be used in a cell, by one thread of
    any. Raises StoreError where the store cannot be read at all.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        tables: Mapping[str, Table],
        store: Path,
        *,
        new: bool = False,
        since: int | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        self.stopped: dict[str, str] = {}
        self.windows = 0  # that were looked at
        self._limits = limits
        self._told: Kept[list[int]] = Kept(MAX_SUBJECTS)
        self._states: dict[str, _State] = {}
        self._questions = Questions(tables.values(), store=store, live={}, limits=limits, moving=True)
        self._first = self._last() if new else {}
        if since is not None:
            self._first = {name: self._questions.before(name, since) for name in tables}
        self.take(rules)

    def __enter__(self) -> Hunter:
        return self

    def __exit__(self, *error: object) -> None:
        self._questions.__exit__(*error)

    def take(self, rules: Iterable[Rule]) -> None:
        """These rules from now on; what was told by them before is not told again."""
        self.rules = list(rules)
        for rule in self.rules:
            if rule.id not in self._states:
                self._states[rule.id] = _State(seen=dict(self._first))
        self.stopped = {}

    def step(self, now: int, *, all_due: bool = False) -> Iterator[Finding]:
        """Ask the rules that are due at ``now`` (ns of any clock that goes on), or all of them."""
        try:
            self._questions.learn()
        except StoreError as error:
            if "locked" in str(error):
                return  # the writer has the file; the next step may have it
            raise
        for rule in self.rules:
            state = self._states[rule.id]
            if rule.id in self.stopped or (now < state.due and not all_due):
                continue
            state.due = now + rule.every
            try:
                yield from self._asked(rule, state)
            except StoreError as error:
                yield from self._failed(rule, state, error)

    # Inner steps.

    def _last(self) -> dict[str, int]:
        """The last row of each stored table."""
        found = {name: self._questions.newest(name) for name in self._questions.tables}
        return {name: newest[1] for name, newest in found.items() if newest is not None}

    def _asked(self, rule: Rule, state: _State) -> Iterator[Finding]:
        names = rule.table.split(", ")
        fresh = {name: self._questions.fresh(name, state.seen.get(name, 0)) for name in names}
        moments = [(each[0], each[1]) for each in fresh.values() if each is not None]
        if not moments:
            return
        state.seen.update({name: each[2] for name, each in fresh.items() if each is not None})
        first, last = min(low for low, _ in moments), max(high for _, high in moments)
        missed = max(0, (last - first) // rule.every - MAX_WINDOWS)
        reasons = (f"{missed} older windows were not looked at",) if missed else ()
        for end in self._ends(rule, names, first + missed * rule.every, last):
            yield from self._within(rule, (end - rule.window, end), reasons)
        state.slow = 0

    def _ends(self, rule: Rule, names: list[str], first: int, last: int) -> Iterator[int]:
        """Where windows end that the rows from ``first`` to ``last`` fall into; empty ones are left out.

        Rows that are late are seen together with those that came before them and lie after them.
        """
        newest = [found[0] for name in names if (found := self._questions.newest(name)) is not None]
        stop = min(last + rule.window, max(newest, default=last))
        end = min(first + rule.every, stop)
        while True:
            yield end
            if end >= stop:
                return
            begin = end - rule.window + rule.every
            after = [moment for name in names if (moment := self._questions.next_moment(name, begin))]
            jump = max(0, (min(after, default=stop) - end) // rule.every)
            end = min(end + max(1, jump) * rule.every, stop)

    def _within(self, rule: Rule, bounds: tuple[int, int], reasons: tuple[str, ...]) -> Iterator[Finding]:
        self.windows += 1
        self._questions.bounds = bounds
        answer = self._questions.ask(rule.match)
        rows = [Row(answer.table, row) for row in answer.rows]
        if answer.cut.startswith("stopped"):
            raise QueryError(answer.cut, stopped=True)
        if answer.cut:
            reasons = (*reasons, answer.cut)
        for row in rows:
            told = self._told.of((rule.id, row.key(rule)), list)
            if told and abs(bounds[1] - told[0]) < rule.quiet:
                continue
            told[:] = [bounds[1]]
            yield row.finding(rule, bounds, reasons)

    def _failed(self, rule: Rule, state: _State, error: StoreError) -> Iterator[Finding]:
        """Stop the rule, unless it may have been bad luck."""
        state.slow += 1
        transient = not isinstance(error, QueryError) or error.stopped or "locked" in str(error)
        if transient and state.slow < MAX_SLOW:
            return
        self.stopped[rule.id] = str(error)
        yield Finding(
            time=(self._questions.bounds or (0, 0))[1],
            detector=HEALTH,
            title="A rule was stopped",
            severity="low",
            detail=f"The rule {rule.id} was stopped: {error}",
            target=rule.id,
            reasons=(f"{rule.id} looks at nothing from here on",),
        )
