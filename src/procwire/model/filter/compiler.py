"""Checked tests to one closure over rows. Knows values, not text: see checker for what can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.filter import checker, syntax
from procwire.model.filter.checker import Checker, Meaning
from procwire.model.filter.fault import FilterError
from procwire.model.filter.literals import Exact, Literal, Pattern, Span, address_number
from procwire.model.filter.parser import parse
from procwire.model.filter.pattern import searcher
from procwire.model.values import as_text

Match = Callable[[Any], bool]


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that is ready: ``matches(row)`` never raises for a row of its table.

    ``syntax`` is the filter as written, ``tree`` what it means (checked, JSON-able), ``columns`` the names of
    the columns it reads.
    """

    text: str
    table: str
    syntax: syntax.Tree
    tree: Meaning
    columns: tuple[str, ...]
    matches: Match

    def __str__(self) -> str:
        """The filter in its normal form."""
        return syntax.show(self.syntax)


def compile_filter(text: str, table: Table, *, now: int | None = None) -> Filter:
    """Check ``text`` against ``table``; relative times count from ``now`` (ns). Raises FilterError."""
    written = parse(text)
    tree = Checker(text, table, now).check(written)
    columns = {column.name: column for column in table}
    names = tuple(dict.fromkeys(_names(tree)))
    matches = _Compiler(columns).match(tree)
    return Filter(text=text, table=table.name, syntax=written, tree=tree, columns=names, matches=matches)


def _names(tree: Meaning) -> list[str]:
    match tree:
        case checker.Test():
            return [term.column for term in tree.terms]
        case checker.Known() | checker.Search():
            return list(tree.columns)
        case checker.Opposite():
            return _names(tree.item)
        case _:
            return [name for item in tree.items for name in _names(item)]


class _Compiler:
    def __init__(self, columns: dict[str, Column]) -> None:
        self.columns = columns

    def match(self, tree: Meaning) -> Match:
        match tree:
            case checker.Opposite():
                inside = self.match(tree.item)
                return lambda row: not inside(row)
            case checker.All():
                return _all([self.match(item) for item in tree.items])
            case checker.Any():
                return _any([self.match(item) for item in tree.items])
            case checker.Known():
                return self.known(tree)
            case checker.Search():
                return _any([_free(self.columns[name], tree.text) for name in tree.columns])
            case checker.Test():
                return self.test(tree)

    def known(self, tree: checker.Known) -> Match:
        gets = [self.columns[name].get for name in tree.columns]
        wanted = not tree.negate
        return lambda row: any(not _absent(get(row)) for get in gets) is wanted

    def test(self, tree: checker.Test) -> Match:
        parts = [
            (
                self.columns[term.column].get,
                _value_test(self.columns[term.column].kind, tree.operator, term.values),
            )
            for term in tree.terms
        ]
        if tree.negate:
            return _none_of(parts)
        return _any([_one(get, fits) for get, fits in parts])


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, str | bytes | tuple | list | frozenset) and not value)


def _one(get: Callable[[Any], Any], fits: Match) -> Match:
    def matches(row: Any) -> bool:
        value = get(row)
        return value is not None and fits(value)

    return matches


def _none_of(parts: list[tuple[Callable[[Any], Any], Match]]) -> Match:
    def matches(row: Any) -> bool:
        some = False
        for get, fits in parts:
            value = get(row)
            if _absent(value):
                continue
            if fits(value):
                return False
            some = True
        return some

    return matches


def _all(parts: list[Match]) -> Match:
    if len(parts) == 2:
        first, second = parts
        return lambda row: first(row) and second(row)
    return lambda row: all(part(row) for part in parts)


def _any(parts: list[Match]) -> Match:
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        first, second = parts
        return lambda row: first(row) or second(row)
    return lambda row: any(part(row) for part in parts)


def _value_test(kind: Kind, operator: str, values: tuple[Literal, ...]) -> Match:
    """A test of one value that is known (text may still be empty: then nothing but a pattern fits it)."""
    if operator in ("~", "contains") or kind in (Kind.TEXT, Kind.LIST):
        return _text_test(kind, operator, values)
    spans = [value for value in values if isinstance(value, Span)]
    if kind is Kind.ADDRESS:
        return _address_test(spans)
    return _number_test(operator, spans)


def _text_test(kind: Kind, operator: str, values: tuple[Literal, ...]) -> Match:
    fits = _plain_test(operator, values)
    if kind is Kind.LIST:
        return lambda value: any(fits(as_text(member)) for member in value)

    def test(value: Any) -> bool:
        text = value if isinstance(value, str) else as_text(value)
        return text != "" and fits(text)

    return test


def _plain_test(operator: str, values: tuple[Literal, ...]) -> Callable[[str], bool]:
    if operator == "~":
        searches = [searcher(value.text) for value in values if isinstance(value, Pattern)]
        return searches[0]
    texts = frozenset(value.text for value in values if isinstance(value, Exact))
    if operator == "contains":
        (part,) = texts
        return lambda value: part in value.lower()
    return lambda value: value.lower() in texts


def _address_test(spans: list[Span]) -> Match:
    def test(value: Any) -> bool:
        family, number = address_number(value)
        return any(span.family == family and span.low <= number <= span.high for span in spans)

    return test


def _number_test(operator: str, spans: list[Span]) -> Match:
    low, high = spans[0].low, spans[0].high
    if operator == "<":
        return lambda value: bool(value < low)
    if operator == "<=":
        return lambda value: bool(value <= high)
    if operator == ">":
        return lambda value: bool(value > high)
    if operator == ">=":
        return lambda value: bool(value >= low)
    if len(spans) == 1:
        return lambda value: bool(low <= value <= high)
    return lambda value: any(span.low <= value <= span.high for span in spans)


def _free(column: Column, text: str) -> Match:
    get, how = column.get, column.search

    def fits(value: str) -> bool:
        value = value.lower()
        if how is Free.CONTAINS:
            return text in value
        return value == text if how is Free.EQUALS else value.startswith(text)

    def matches(row: Any) -> bool:
        value = get(row)
        if _absent(value):
            return False
        if isinstance(value, list | tuple | frozenset):
            return any(fits(as_text(member)) for member in value)
        return fits(as_text(value))

    return matches


__all__ = ["Filter", "FilterError", "compile_filter"]
