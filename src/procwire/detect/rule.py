"""A rule: a filter or a query over one table, with what to say where it matches, and rows that prove it.

A rule looks at single rows; ``count`` makes it wait for several of them within a span, by the same values of
some columns. A query with a ``window`` looks at all stored rows of a span instead (``detect.windowed``).
Every rule brings rows that it must match and rows that it must not, and is refused where it does not do so.
Nothing here reads a file: see extensions.rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from procwire.detect import windowed
from procwire.detect.fields import (
    RuleError,
    cases,
    columns_in,
    list_in,
    matching_in,
    one_of,
    span_in,
    techniques_in,
    tests_of,
    text_in,
    value_in,
)
from procwire.detect.needs import Needs, of_filter
from procwire.detect.single import Match, single
from procwire.detect.windowed import NOT_COMING, Asked, Wall
from procwire.model.columns import Column, Table
from procwire.model.filter import Filter, FilterError, compile_filter
from procwire.model.finding import SEVERITIES

STATES = ("enabled", "disabled", "test")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
MAX_LEAST = 1000  # rows that a rule may wait for

_KEYS = frozenset({
    "id", "title", "description", "severity", "attack", "references", "author", "state", "table", "match",
    "suppress", "dedup", "quiet", "count", "tests", "sql", "window", "every", "origin",
})  # fmt: skip


class Count(msgspec.Struct, frozen=True):
    """So many rows within a span (ns), by the values of these columns."""

    least: int
    over: int
    by: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, checked. ``keep`` matches a row of its table, which has at least one of its ``needs``.

    ``match``: the filter, or the query. With a ``window`` (ns) the query is asked every so often, and
    ``keys`` are the columns of its answer by which a finding is told once.
    """

    id: str
    title: str
    severity: str
    table: str
    match: str
    keep: Filter | Match | None
    needs: Needs = None
    sql: bool = False
    window: int = 0
    every: int = 0
    keys: tuple[str, ...] = ()
    origin: str = ""  # of whose rules it was made, where it was: sigma
    suppress: tuple[Filter, ...] = ()
    description: str = ""
    attack: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    author: str = ""
    state: str = "enabled"
    dedup: tuple[Column, ...] = ()
    quiet: int = 3600 * 10**9
    count: Count | None = None
    by: tuple[Column, ...] = ()
    fires: int = 0  # rows that it was proved by
    silent: int = 0
    source: str = ""

    @property
    def told_severity(self) -> str:
        """Of its findings: of a rule in test, info."""
        return "info" if self.state == "test" else self.severity

    def said(self, detail: str) -> str:
        """The sentence of a finding."""
        words = f"{self.title}: {detail}" if detail else self.title
        return f"in test: {words}" if self.state == "test" else words


def described(
    values: Any, tables: Mapping[str, Table], *, source: str = "", wall: Wall | None = None
) -> Rule:
    """The rule that a document is. ``wall``: for queries. Raises RuleError."""
    if not isinstance(values, dict):
        raise RuleError("a rule is a mapping: id, title, severity, table, match, tests")
    for key in values:
        if key not in _KEYS:
            raise RuleError(f"{key!r} is no key of a rule; there are {', '.join(sorted(_KEYS))}", key)
    if ("sql" in values) == ("match" in values):
        raise RuleError("a rule has either match or sql", "sql" if "sql" in values else "match")
    if "sql" in values:
        asked = windowed.asked(values, tables, wall)
        if asked.window:
            return _headed(values, asked, source)
    else:
        asked = _filtered(values, tables)
    table = tables[asked.table]
    rule = msgspec.structs.replace(
        _headed(values, asked, source),
        suppress=tuple(
            _filter(one, table, "suppress", n) for n, one in enumerate(list_in(values, "suppress", str))
        ),
        dedup=columns_in(list_in(values, "dedup", str), table, "dedup"),
    )
    return _proved(_counted(rule, values, table), values, table)


def _filtered(values: dict[str, Any], tables: Mapping[str, Table]) -> Asked:
    for key in ("window", "every"):
        if key in values:
            raise RuleError(f"{key} goes with sql; rows that match are counted with count", key)
    table = _table(values, tables)
    text = text_in(values, "match")
    keep = _filter(text, table, "match")
    return Asked(table=table.name, text=text, keep=keep, needs=of_filter(keep.tree, table))


def _headed(values: dict[str, Any], asked: Asked, source: str) -> Rule:
    """What every rule has."""
    return Rule(
        id=matching_in(values, "id", NAME, "lower-case letters, digits, dots and dashes"),
        title=text_in(values, "title"),
        severity=one_of(values, "severity", SEVERITIES, ""),
        table=asked.table,
        match=asked.text,
        keep=asked.keep,
        needs=asked.needs,
        sql=asked.sql,
        window=asked.window,
        every=asked.every,
        keys=asked.keys,
        fires=asked.fires,
        silent=asked.silent,
        origin=text_in(values, "origin", ""),
        description=text_in(values, "description", ""),
        attack=techniques_in(values),
        references=tuple(list_in(values, "references", str)),
        author=text_in(values, "author", ""),
        state=one_of(values, "state", STATES, "enabled"),
        quiet=span_in(values.get("quiet", "1h"), "quiet"),
        source=source,
    )


def _table(values: dict[str, Any], tables: Mapping[str, Table]) -> Table:
    name = text_in(values, "table", "flow")
    if name not in tables:
        raise RuleError(f"no table is called {name!r}: see procwire columns", "table")
    if name in NOT_COMING:
        raise RuleError(f"rows of {name} are only looked back at: write sql with a window", "table")
    return tables[name]


def _filter(text: Any, table: Table, *place: str | int) -> Filter:
    if not isinstance(text, str):
        raise RuleError("a filter is text", *place)
    try:
        return compile_filter(text, table, now=0)
    except FilterError as error:
        raise RuleError(str(error).split("\n", 1)[0], *place) from None


def _counted(rule: Rule, values: dict[str, Any], table: Table) -> Rule:
    said = values.get("count")
    if said is None:
        return rule
    if not isinstance(said, dict) or set(said) - {"least", "over", "by"}:
        raise RuleError("count has the keys least, over and by", "count")
    least = said.get("least")
    if not isinstance(least, int) or not 2 <= least <= MAX_LEAST:
        raise RuleError(f"least is a whole number from 2 to {MAX_LEAST}", "count", "least")
    by = columns_in(list_in(said, "by", str, "count"), table, "count")
    count = Count(least, span_in(said.get("over", ""), "count", "over"), tuple(column.name for column in by))
    return msgspec.structs.replace(rule, count=count, by=by)


def _proved(rule: Rule, values: dict[str, Any], table: Table) -> Rule:
    """The rule, if its rows say of it what they should."""
    tests = tests_of(values)
    counts = {}
    for name, wanted in (("fires", True), ("silent", False)):
        rows = cases(tests, name)
        for number, row in enumerate(rows):
            if matches_row(rule, row, table, "tests", name, number) is not wanted:
                said = "does not match this row" if wanted else "matches this row, and must not"
                raise RuleError(f"the rule {said}", "tests", name, number)
        counts[name] = len(rows)
    return msgspec.structs.replace(rule, fires=counts["fires"], silent=counts["silent"])


def matches_row(rule: Rule, row: Mapping[str, Any], table: Table, *place: str | int) -> bool:
    """Whether a rule matches a row that is written down as column: value. Raises RuleError."""
    known = {column.name: column for column in table}
    read = {}
    for name, value in row.items():
        if name not in known:
            raise RuleError(f"{name!r} is not a column of {table.name}", *place, name)
        read[name] = value_in(known[name], value, *place, name)
    columns = tuple(msgspec.structs.replace(one, get=_reader(one.name)) for one in table.columns)
    written = msgspec.structs.replace(table, columns=columns)
    if rule.sql:
        matches = single(rule.match, {table.name: written}).matches(read)
    else:
        matches = compile_filter(rule.match, written, now=0).matches(read)
    if not matches:
        return False
    return not any(compile_filter(one.text, written, now=0).matches(read) for one in rule.suppress)


def _reader(name: str) -> Callable[[Any], Any]:
    return lambda row: row.get(name)
