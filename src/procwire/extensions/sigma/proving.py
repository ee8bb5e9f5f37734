"""Rows that a correlation should find, of those that prove its rules: so many, so different, in order."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, islice
from typing import Any

from procwire.detect.windowed import MAX_REPEAT, REPEAT
from procwire.extensions.sigma.correlation import Correlation
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import Meant
from procwire.model.columns import Kind, Table
from procwire.store.schema import moment_of

MAX_CASES = 64  # tried
STEP = "{}ms"  # how long after the first a row is

Row = dict[str, Any]
Case = dict[str, list[Row]]
_DEFAULTS: dict[Kind, Any] = {Kind.TEXT: "any", Kind.ADDRESS: "198.51.100.7"}


class Proving:
    """``proofs``: a row that each rule matches, by the rule. ``tables``: every table."""

    def __init__(self, proofs: Mapping[int, Row], tables: Mapping[str, Table]) -> None:
        self._proofs = proofs
        self._tables = tables

    def cases(self, of: Correlation) -> Iterator[Case]:
        """Rows by table, to be tried one after the other. Raises SigmaError."""
        for rows in islice(self._ways(of, {}), MAX_CASES):
            case: Case = {}
            for number, (table, row) in enumerate(rows):
                dated = row | {moment_of(self._tables[table]): STEP.format(number)}
                case.setdefault(table, []).append(dated)
            yield case

    # Inner steps: rows in order, each with its table.

    def _ways(self, of: Meant | Correlation, pins: Row) -> Iterator[list[tuple[str, Row]]]:
        if isinstance(of, Meant):
            yield [(of.table, self._proofs[id(of)] | pins)]
            return
        pins = {key: self._value(of, key) for key in of.keys} | pins
        inner = [
            {parts[number]: pins[key] for key, parts in of.parts.items()} for number in range(len(of.rules))
        ]
        if of.aggregate.kind.startswith("temporal"):
            for count in range(len(of.rules), 0, -1):
                for chosen in combinations(range(len(of.rules)), count):
                    yield self._joined([(of.rules[number], inner[number]) for number in chosen])
        else:
            yield from self._counted(of, inner[0])

    def _counted(self, of: Correlation, pins: Row) -> Iterator[list[tuple[str, Row]]]:
        how, first = of.aggregate, of.rules[0]
        least = math.ceil(how.least)
        if how.kind == "value_percentile":
            yield from self._rare(of, pins)
        elif how.numbers:
            yield self._joined([(first, pins | {of.counted[0]: _fitting(how.signs)})])
        elif how.kind == "event_count":
            rows = self._joined([(first, pins)])
            yield [(table, row | {REPEAT: _few(least)}) for table, row in rows] if least > 1 else rows
        else:
            column = of.counted[0]
            for change in (_behind, _before):
                old = self._value_of(first, column)
                values = [change(old, number) for number in range(1, _few(least) + 1)]
                yield self._joined([(first, pins | {column: value}) for value in values])

    def _rare(self, of: Correlation, pins: Row) -> Iterator[list[tuple[str, Row]]]:
        """One value, alone and among others that are as many as it takes."""
        first, column = of.rules[0], of.counted[0]
        old = self._value_of(first, column)
        share = min((number for sign, number in of.aggregate.signs if sign in {"<", "<="}), default=100.0)
        others = _few(math.ceil(100 / max(share, 0.1)))
        common = self._joined([(first, pins | {column: _behind(old, 1)})])
        rare = self._joined([(first, pins | {column: _behind(old, 2)})])
        yield rare
        yield [*((table, row | {REPEAT: others}) for table, row in common), *rare]

    def _joined(self, rules: Sequence[tuple[Meant | Correlation, Row]]) -> list[tuple[str, Row]]:
        return [row for rule, pins in rules for row in next(self._ways(rule, pins))]

    def _value(self, of: Correlation, key: str) -> Any:
        return self._value_of(of.rules[0], of.parts[key][0])

    def _value_of(self, rule: Meant | Correlation, name: str) -> Any:
        """What a row of the rule has there, or might have."""
        if isinstance(rule, Correlation):
            return self._value(rule, name)
        found = self._proofs[id(rule)].get(name)
        kind = self._tables[rule.table].column(name).kind
        return _DEFAULTS.get(kind, 1) if found is None else found


def _few(count: int) -> int:
    if not 0 < count <= MAX_REPEAT:
        raise SigmaError(f"it needs {count} rows, at most {MAX_REPEAT} are tried", "correlation too large")
    return count


def _fitting(signs: Sequence[tuple[str, int | float]]) -> int:
    """A number that all of these fit, where there is one near the first."""
    sign, number = signs[0]
    return math.ceil(number) + {">": 1, "<": -1, "<>": 1}.get(sign, 0)


def _behind(value: Any, number: int) -> Any:
    return _other(value, number, lambda text: f"{text}{number}")


def _before(value: Any, number: int) -> Any:
    return _other(value, number, lambda text: f"{number}{text}")


def _other(value: Any, number: int, change: Callable[[str], str]) -> Any:
    """The number-th value like this one."""
    if isinstance(value, int):
        return value + number
    try:
        return str(ipaddress.ip_address(value) + number)
    except ValueError:
        return change(str(value))
