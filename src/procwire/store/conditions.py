"""A checked filter as SQL: the same rows of a stored table as the filter's own closure takes of live ones.

SQL knows true, false and unknown; the filter language has two values only, so every test is made one of 0 and
1. NULL stands for "not known", which empty text and empty lists are too (see cells). Values are parameters.
Pure: makes text, runs nothing. ``functions`` has what the text calls.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.filter import Filter, checker
from procwire.model.filter.checker import Meaning
from procwire.model.filter.literals import Exact, Literal, Pattern, Span
from procwire.store.cells import LEAST, MOST
from procwire.store.schema import quoted

Parameter = str | int | float
_COMPARE = {"<": "low", "<=": "high", ">": "high", ">=": "low"}


def condition(meant: Filter, table: Table) -> tuple[str, list[Parameter]]:
    """An expression that is 1 for the rows that match, and its parameters."""
    made = _Conditions(table)
    return made.say(meant.tree), made.parameters


def plain(text: str) -> bool:
    """Whether SQLite's lower, which knows ASCII alone, finds the same as Unicode's.

    Only two characters beyond ASCII have a lower case with ASCII in it: U+0130 (i) and U+212A (k).
    """
    return text.isascii() and "i" not in text and "k" not in text


class _Conditions:
    def __init__(self, table: Table) -> None:
        self.columns = {column.name: column for column in table}
        self.parameters: list[Parameter] = []

    def say(self, tree: Meaning) -> str:
        match tree:
            case checker.Opposite():
                return f"NOT {self.say(tree.item)}"
            case checker.All():
                return "(" + " AND ".join(map(self.say, tree.items)) + ")"
            case checker.Any():
                return "(" + " OR ".join(map(self.say, tree.items)) + ")"
            case checker.Known():
                known = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in tree.columns)
                return f"NOT ({known})" if tree.negate else f"({known})"
            case checker.Search():
                return self.search(tree)
            case checker.Test():
                return self.test(tree)

    def give(self, value: Parameter) -> str:
        if isinstance(value, int) and not LEAST <= value <= MOST:
            value = float(value)  # beyond every integer that SQLite has, on the same side
        self.parameters.append(value)
        return "?"

    def test(self, tree: checker.Test) -> str:
        known = " OR ".join(f"{quoted(term.column)} IS NOT NULL" for term in tree.terms)
        fits = " OR ".join(
            f"ifnull({self.fits(self.columns[term.column], tree.operator, term.values)}, 0)"
            for term in tree.terms
        )
        return f"(({known}) AND NOT ({fits}))" if tree.negate else f"({fits})"

    def fits(self, column: Column, operator: str, values: tuple[Literal, ...]) -> str:
        name = quoted(column.name)
        if column.kind is Kind.LIST:
            return self.any_member(name, lambda member: self.words(member, operator, values))
        if operator in ("~", "contains") or column.kind is Kind.TEXT:
            return self.words(name, operator, values)
        spans = [value for value in values if isinstance(value, Span)]
        if column.kind is Kind.ADDRESS:
            return "(" + " OR ".join(f"within({name}, {self.give(_net(span))})" for span in spans) + ")"
        if operator in _COMPARE:
            return f"{name} {operator} {self.give(getattr(spans[0], _COMPARE[operator]))}"
        either = (f"{name} BETWEEN {self.give(span.low)} AND {self.give(span.high)}" for span in spans)
        return "(" + " OR ".join(either) + ")"

    def words(self, what: str, operator: str, values: tuple[Literal, ...]) -> str:
        if operator == "~":
            pattern = next(value.text for value in values if isinstance(value, Pattern))
            return f"regexp({self.give(pattern)}, {what})"
        texts = [value.text for value in values if isinstance(value, Exact)]
        if operator == "contains":
            return self.contains(what, texts[0])
        lower = "lower" if all(map(plain, texts)) else "fold"
        return f"{lower}({what}) IN ({', '.join(map(self.give, texts))})"

    def contains(self, what: str, text: str) -> str:
        return f"instr({'lower' if plain(text) else 'fold'}({what}), {self.give(text)}) > 0"

    def search(self, tree: checker.Search) -> str:
        found = (self.free(self.columns[name], tree.text) for name in tree.columns)
        return "(" + " OR ".join(f"ifnull({one}, 0)" for one in found) + ")"

    def free(self, column: Column, text: str) -> str:
        name = quoted(column.name)
        if column.kind is Kind.LIST:
            return self.any_member(name, lambda member: self.word(member, column.search, text))
        return self.word(name, column.search, text)

    def word(self, what: str, how: Free, text: str) -> str:
        if how is Free.CONTAINS:
            return self.contains(what, text)
        lower = "lower" if plain(text) else "fold"
        if how is Free.EQUALS:
            return f"{lower}({what}) = {self.give(text)}"
        return f"instr({lower}({what}), {self.give(text)}) = 1"

    def any_member(self, name: str, test: Callable[[str], str]) -> str:
        """What was stored while the column was declared as text is no array, and one member."""
        members = f"iif(json_valid({name}), {name}, json_array({name}))"
        return f"EXISTS (SELECT 1 FROM json_each({members}) AS member WHERE {test('member.value')})"  # noqa: S608


def _net(span: Span) -> str:
    make = ipaddress.IPv4Address if span.family == 4 else ipaddress.IPv6Address
    return f"{make(int(span.low))}..{make(int(span.high))}"
