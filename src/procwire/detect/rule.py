"""A rule: a filter over one table, with what to say where it matches, and rows that prove it.

A rule looks at single rows; ``count`` makes it wait for several of them within a span, by the same values of
some columns. Every rule brings rows that it must match and rows that it must not, and is refused where it
does not do so. Nothing here reads a file: see extensions.rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.filter import Filter, FilterError, compile_filter
from procwire.model.finding import SEVERITIES
from procwire.model.values import parse_duration, parse_size

STATES = ("enabled", "disabled", "test")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
TECHNIQUE = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
MAX_TESTS = 50
MAX_LEAST = 1000  # rows that a rule may wait for

Place = tuple[str | int, ...]
_KEYS = frozenset({
    "id", "title", "description", "severity", "attack", "references", "author", "state", "table", "match",
    "suppress", "dedup", "quiet", "count", "tests",
})  # fmt: skip


class RuleError(Exception):
    """What is wrong with a description, and at which place in it."""

    def __init__(self, words: str, *place: str | int) -> None:
        super().__init__(words)
        self.place: Place = place


class Count(msgspec.Struct, frozen=True):
    """So many rows within a span (ns), by the values of these columns."""

    least: int
    over: int
    by: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, checked. ``keep`` matches a row of its table; ``get`` reads the columns that are named."""

    id: str
    title: str
    severity: str
    table: str
    match: str
    keep: Filter
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


def described(values: Any, tables: Mapping[str, Table], *, source: str = "") -> Rule:
    """The rule that a document is. Raises RuleError."""
    if not isinstance(values, dict):
        raise RuleError("a rule is a mapping: id, title, severity, table, match, tests")
    for key in values:
        if key not in _KEYS:
            raise RuleError(f"{key!r} is no key of a rule; there are {', '.join(sorted(_KEYS))}", key)
    table = _table(values, tables)
    rule = Rule(
        id=_matching(values, "id", NAME, "lower-case letters, digits, dots and dashes"),
        title=_text(values, "title"),
        severity=_one_of(values, "severity", SEVERITIES, ""),
        table=table.name,
        match=_text(values, "match"),
        keep=_filter(values.get("match"), table, "match"),
        suppress=tuple(
            _filter(one, table, "suppress", n) for n, one in enumerate(_list(values, "suppress", str))
        ),
        description=_text(values, "description", ""),
        attack=_techniques(values),
        references=tuple(_list(values, "references", str)),
        author=_text(values, "author", ""),
        state=_one_of(values, "state", STATES, "enabled"),
        dedup=_columns(_list(values, "dedup", str), table, "dedup"),
        quiet=_span(values.get("quiet", "1h"), "quiet"),
        source=source,
    )
    return _proved(_counted(rule, values, table), values, table)


def _table(values: dict[str, Any], tables: Mapping[str, Table]) -> Table:
    name = _text(values, "table", "flow")
    if name not in tables:
        raise RuleError(f"no table is called {name!r}: see procwire columns", "table")
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
    by = _columns(_list(said, "by", str, "count"), table, "count")
    count = Count(least, _span(said.get("over", ""), "count", "over"), tuple(column.name for column in by))
    return msgspec.structs.replace(rule, count=count, by=by)


def _proved(rule: Rule, values: dict[str, Any], table: Table) -> Rule:
    """The rule, if its rows say of it what they should."""
    tests = values.get("tests")
    if not isinstance(tests, dict) or set(tests) - {"fires", "silent"}:
        raise RuleError("tests has rows under fires and silent: a rule must be proved", "tests")
    counts = {}
    for name, wanted in (("fires", True), ("silent", False)):
        rows = _list(tests, name, dict, "tests")
        if not 0 < len(rows) <= MAX_TESTS:
            raise RuleError(f"{name} needs a row, and at most {MAX_TESTS}", "tests", name)
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
        read[name] = _value(known[name], value, *place, name)
    columns = tuple(msgspec.structs.replace(one, get=_reader(one.name)) for one in table.columns)
    written = msgspec.structs.replace(table, columns=columns)
    if not compile_filter(rule.match, written, now=0).matches(read):
        return False
    return not any(compile_filter(one.text, written, now=0).matches(read) for one in rule.suppress)


def _reader(name: str) -> Callable[[Any], Any]:
    return lambda row: row.get(name)


def _value(column: Column, value: Any, *place: str | int) -> Any:
    """A value as the column has it inside."""
    try:
        if isinstance(value, str) and column.kind is Kind.DURATION:
            return parse_duration(value)
        if isinstance(value, str) and column.kind is Kind.SIZE:
            return parse_size(value)
    except ValueError as error:
        raise RuleError(str(error), *place) from None
    numbers = {Kind.INTEGER, Kind.SIZE, Kind.DURATION, Kind.TIME, Kind.NUMBER}
    fits: type | tuple[type, ...] = str
    if column.kind in numbers:
        fits = int
    elif column.kind in {Kind.LIST, Kind.BOOLEAN}:
        fits = list if column.kind is Kind.LIST else bool
    if not isinstance(value, fits):
        raise RuleError(f"{column.name} is of the kind {column.kind.value}", *place)
    return tuple(value) if isinstance(value, list) else value


def _text(values: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = values.get(key, default)
    if value is None:
        raise RuleError(f"{key} is missing")
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise RuleError(f"{key} is text", key)
    return value


def _matching(values: Mapping[str, Any], key: str, pattern: re.Pattern[str], words: str) -> str:
    value = _text(values, key)
    if not pattern.fullmatch(value):
        raise RuleError(f"{key} has {words}: {value!r}", key)
    return value


def _one_of(values: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
    value = _text(values, key, default or None)
    if value not in allowed:
        raise RuleError(f"{key} is one of {', '.join(allowed)}: {value!r}", key)
    return value


def _list(values: Mapping[str, Any], key: str, of: type, *within: str) -> list[Any]:
    value = values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, of) for one in value):
        raise RuleError(f"{key} is a list of {'rows' if of is dict else 'text'}", *within, key)
    return value


def _techniques(values: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = _list(values, "attack", str)
    for number, one in enumerate(found):
        if not TECHNIQUE.fullmatch(one):
            raise RuleError(f"no ATT&CK technique: {one!r}", "attack", number)
    return tuple(found)


def _columns(names: Iterable[str], table: Table, *place: str | int) -> tuple[Column, ...]:
    try:
        return tuple(table.column(name) for name in names)
    except KeyError as error:
        raise RuleError(f"{error} is not a column of {table.name}", *place) from None


def _span(text: Any, *place: str | int) -> int:
    try:
        value = parse_duration(text) if isinstance(text, str) else 0
    except ValueError as error:
        raise RuleError(str(error), *place) from None
    if value <= 0:
        raise RuleError("a time span above zero, such as 5m", *place)
    return value
