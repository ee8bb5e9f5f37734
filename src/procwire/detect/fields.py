"""The fields of a rule's document, each read or refused with its place. Pure: values in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from procwire.model.columns import Column, Kind, Table
from procwire.model.values import parse_duration, parse_size

TECHNIQUE = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
MAX_TESTS = 50
PROOF_TIME = 1_767_225_600 * 10**9  # when rows that prove a rule begin: 2026-01-01

Place = tuple[str | int, ...]


class RuleError(Exception):
    """What is wrong with a description, and at which place in it."""

    def __init__(self, words: str, *place: str | int) -> None:
        super().__init__(words)
        self.place: Place = place


def cases(tests: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """What proves a rule, under ``fires`` or ``silent``. Raises RuleError."""
    rows: list[dict[str, Any]] = list_in(tests, name, dict, "tests")
    if not 0 < len(rows) <= MAX_TESTS:
        raise RuleError(f"{name} needs a row, and at most {MAX_TESTS}", "tests", name)
    return rows


def tests_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """The rows under ``tests``. Raises RuleError."""
    tests = values.get("tests")
    if not isinstance(tests, dict) or set(tests) - {"fires", "silent"}:
        raise RuleError("tests has rows under fires and silent: a rule must be proved", "tests")
    return tests


def value_in(column: Column, value: Any, *place: str | int) -> Any:
    """A value as the column has it inside."""
    try:
        if isinstance(value, str) and column.kind is Kind.DURATION:
            return parse_duration(value)
        if isinstance(value, str) and column.kind is Kind.SIZE:
            return parse_size(value)
        if isinstance(value, str) and column.kind is Kind.TIME:
            return PROOF_TIME + parse_duration(value)  # so long after the first moment of the rows
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


def text_in(values: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = values.get(key, default)
    if value is None:
        raise RuleError(f"{key} is missing")
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise RuleError(f"{key} is text", key)
    return value


def matching_in(values: Mapping[str, Any], key: str, pattern: re.Pattern[str], words: str) -> str:
    value = text_in(values, key)
    if not pattern.fullmatch(value):
        raise RuleError(f"{key} has {words}: {value!r}", key)
    return value


def one_of(values: Mapping[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
    value = text_in(values, key, default or None)
    if value not in allowed:
        raise RuleError(f"{key} is one of {', '.join(allowed)}: {value!r}", key)
    return value


def list_in(values: Mapping[str, Any], key: str, of: type, *within: str) -> list[Any]:
    value = values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, of) for one in value):
        raise RuleError(f"{key} is a list of {'rows' if of is dict else 'text'}", *within, key)
    return value


def techniques_in(values: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = list_in(values, "attack", str)
    for number, one in enumerate(found):
        if not TECHNIQUE.fullmatch(one):
            raise RuleError(f"no ATT&CK technique: {one!r}", "attack", number)
    return tuple(found)


def columns_in(names: Iterable[str], table: Table, *place: str | int) -> tuple[Column, ...]:
    try:
        return tuple(table.column(name) for name in names)
    except KeyError as error:
        raise RuleError(f"{error} is not a column of {table.name}", *place) from None


def span_in(text: Any, *place: str | int) -> int:
    try:
        value = parse_duration(text) if isinstance(text, str) else 0
    except ValueError as error:
        raise RuleError(str(error), *place) from None
    if value <= 0:
        raise RuleError("a time span above zero, such as 5m", *place)
    return value
