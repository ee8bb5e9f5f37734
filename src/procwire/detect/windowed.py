"""What a rule's query asks: of each row as it comes, or in windows over all rows of a span.

A query that a single row decides becomes a test of it (``detect.single``). Any other needs a ``window``: the
span of stored rows that it sees, each table by the column that puts it in order of time. It is proved by rows
of its tables, and told once for each set of values of its ``dedup`` columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from procwire.detect.fields import RuleError, cases, list_in, span_in, tests_of, text_in, value_in
from procwire.detect.needs import Needs
from procwire.detect.single import Match, single
from procwire.detect.sqlmatch import NotSingle
from procwire.model.columns import Table
from procwire.model.filter import Filter
from procwire.model.filter.pattern import PatternError
from procwire.store.guard import GuardError, examine

NOT_COMING = frozenset(
    {"process", "interface", "accounting", "finding", "procmond_process"}
)  # rows that are only looked back at
SECOND = 1_000_000_000
LEAST_EVERY, MOST_EVERY = 5 * SECOND, 600 * SECOND
MAX_WINDOW = 31 * 86_400 * SECOND
MAX_REPEAT = 1_000  # of a row that proves a rule
REPEAT = "repeat"


class Wall(Protocol):
    """What asks a query of rows, and lets through what SQLite may compile: see hunting.wall."""

    def check(self, query: str) -> None:
        """Raises ValueError."""

    def answers(self, query: str, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
        """How many rows the query finds in these. Raises ValueError."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule asks of which table, and how."""

    table: str
    text: str
    keep: Filter | Match | None
    needs: Needs = None
    sql: bool = False
    window: int = 0
    every: int = 0
    keys: tuple[str, ...] = ()
    fires: int = 0  # what proved it
    silent: int = 0


def asked(values: dict[str, Any], tables: Mapping[str, Table], wall: Wall | None) -> Asked:
    """What the query of a document asks. Raises RuleError."""
    for key in ("table", "count") if "window" in values else ("table",):
        if key in values:
            raise RuleError(f"{key} goes with match: a query says it itself", key)
    text = text_in(values, "sql")
    read = _let_through(text, tables, wall)
    if "window" not in values:
        return _single(text, tables)
    if "suppress" in values:
        raise RuleError("suppress goes with rules over single rows: write it into the query", "suppress")
    window = span_in(values.get("window"), "window")
    if window > MAX_WINDOW:
        raise RuleError("a window has at most 31 days", "window")
    every = span_in(values["every"], "every") if "every" in values else window // 4
    made = Asked(
        table=", ".join(read),
        text=text,
        keep=None,
        sql=True,
        window=window,
        every=min(max(every, LEAST_EVERY), MOST_EVERY),
        keys=tuple(list_in(values, "dedup", str)),
    )
    return _proved(made, values, tables, wall)


def _let_through(text: str, tables: Mapping[str, Table], wall: Wall | None) -> list[str]:
    """The tables that a query reads, once both walls have let it through."""
    try:
        found = examine(text, tables.values())
        if found.parameters:
            raise RuleError("a rule has no parameters", "sql")
        if any(schema for schema, _ in found.tables):
            raise RuleError("a rule names its tables alone, without live or store", "sql")
        if wall is not None:
            wall.check(text)
    except (GuardError, ValueError) as error:
        raise RuleError(str(error), "sql") from None
    return sorted(name for _, name in found.tables)


def _single(text: str, tables: Mapping[str, Table]) -> Asked:
    try:
        keep = single(text, tables)
    except NotSingle as error:
        raise RuleError(f"this query needs a window, as {error}", "sql") from None
    except PatternError as error:
        raise RuleError(str(error), "sql") from None
    if keep.table in NOT_COMING:
        raise RuleError(f"rows of {keep.table} are only looked back at: give a window", "sql")
    return Asked(table=keep.table, text=text, keep=keep, needs=keep.needs, sql=True)


def _proved(made: Asked, values: dict[str, Any], tables: Mapping[str, Table], wall: Wall | None) -> Asked:
    """The same, if its rows say of it what they should."""
    tests = tests_of(values)
    counts = {}
    for name, wanted in (("fires", True), ("silent", False)):
        given = cases(tests, name)
        counts[name] = len(given)
        for number, case in enumerate(given):
            rows = rows_in(case, tables, "tests", name, number)
            try:
                found = wall.answers(made.text, rows) if wall is not None else int(wanted)
            except ValueError as error:
                raise RuleError(str(error), "tests", name, number) from None
            if bool(found) is not wanted:
                said = "finds nothing in these rows" if wanted else "finds something in these rows"
                raise RuleError(f"the rule {said}", "tests", name, number)
    return msgspec.structs.replace(made, fires=counts["fires"], silent=counts["silent"])


def rows_in(
    case: Mapping[str, Any], tables: Mapping[str, Table], *place: str | int
) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, those with ``repeat`` as often as it says."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, rows in case.items():
        if name not in tables or not isinstance(rows, list):
            raise RuleError("rows stand in lists under the names of their tables", *place, name)
        known = {column.name: column for column in tables[name]}
        for number, row in enumerate(rows):
            at = (*place, name, number)
            if not isinstance(row, dict):
                raise RuleError("a row is a mapping", *at)
            odd = sorted(set(row) - set(known) - {REPEAT})
            if odd:
                raise RuleError(f"{odd[0]!r} is not a column of {name}", *at, odd[0])
            made = {one: value_in(known[one], row[one], *at, one) for one in row if one != REPEAT}
            times = row.get(REPEAT, 1)
            if not isinstance(times, int) or not 0 < times <= MAX_REPEAT:
                raise RuleError(f"{REPEAT} is a whole number up to {MAX_REPEAT}", *at, REPEAT)
            found.setdefault(name, []).extend(dict(made) for _ in range(times))
    return found
