"""A tree as written to a tree of checked tests: names to columns, values to their meaning for each column.

The checked tree is plain data (msgspec): the compiler makes a closure of it, and a store can make SQL of it.
"""

from __future__ import annotations

import msgspec

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.filter import syntax
from procwire.model.filter.fault import FilterError, nearest
from procwire.model.filter.literals import EXAMPLES, Exact, Literal, LiteralError, Pattern, literal
from procwire.model.filter.pattern import PatternError, compile_pattern

_ORDERED = (Kind.INTEGER, Kind.NUMBER, Kind.TIME, Kind.DURATION, Kind.SIZE)
_WORDS = ("~", "!~", "contains")
_WORDY = (Kind.TEXT, Kind.LIST, Kind.ADDRESS)
_OPPOSITE = {"!=": "==", "!~": "~", "not in": "=="}


class Checked(msgspec.Struct, frozen=True, kw_only=True, tag_field="node"):
    """A node of the checked tree."""


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """One column's part of a test: does its value fit any of ``values``?"""

    column: str
    values: tuple[Literal, ...]


class Test(Checked, frozen=True, kw_only=True, tag="test"):
    """Any of the terms holds (``negate`` false), or at least one column is known and no term holds.

    ``operator``: ==, <, <=, >, >=, ~ or contains.
    """

    operator: str
    negate: bool
    terms: tuple[Term, ...]


class Known(Checked, frozen=True, kw_only=True, tag="known"):
    """Any of the columns is known; ``negate`` for none."""

    columns: tuple[str, ...]
    negate: bool


class Search(Checked, frozen=True, kw_only=True, tag="search"):
    """A bare word, in lower case, in any of the columns, each in its own way (``Column.search``)."""

    text: str
    columns: tuple[str, ...]


class Opposite(Checked, frozen=True, kw_only=True, tag="not"):
    """The opposite."""

    item: Meaning


class All(Checked, frozen=True, kw_only=True, tag="and"):
    """All of them."""

    items: tuple[Meaning, ...]


class Any(Checked, frozen=True, kw_only=True, tag="or"):
    """Any of them."""

    items: tuple[Meaning, ...]


Meaning = Test | Known | Search | Opposite | All | Any


class Checker:
    """Checks one filter against one table. ``now``: what relative times count from, ns."""

    def __init__(self, text: str, table: Table, now: int | None = None) -> None:
        self.text = text
        self.table = table
        self.now = now
        self.columns = {column.name: column for column in table}

    def check(self, tree: syntax.Tree) -> Meaning:
        """Raises FilterError for whatever cannot be meant."""
        match tree:
            case syntax.Not():
                return Opposite(item=self.check(tree.item))
            case syntax.And():
                return All(items=tuple(self.check(item) for item in tree.items))
            case syntax.Or():
                return Any(items=tuple(self.check(item) for item in tree.items))
            case syntax.Is():
                names = tuple(column.name for column in self.named(tree))
                return Known(columns=names, negate=not tree.known)
            case syntax.Free():
                return self.free(tree)
            case syntax.Compare():
                return self.compare(tree)

    def named(self, node: syntax.Compare | syntax.Is) -> tuple[Column, ...]:
        """The columns behind a name."""
        name = node.name.lower()
        targets = self.table.also.get(name)
        if targets is None and name in self.columns:
            targets = (name,)
        if targets is None:
            hint = nearest(name, [*self.columns, *self.table.also])
            hint = hint or "procwire columns lists them all"
            message = f"{node.name} is not a column of {self.table.name}"
            raise FilterError(message, self.text, node.at, len(node.name), hint)
        return tuple(self.columns[target] for target in targets)

    def free(self, node: syntax.Free) -> Search:
        """A bare word; one that is a column's name is a forgotten operator."""
        name = node.text.lower()
        quoted = self.text[node.at : node.at + 1] in "\"'"
        if not quoted and (name in self.columns or name in self.table.also):
            hint = f'for example: {name} is known; or "{name}" in quotes to search for the word'
            raise FilterError(f"{name} is a column: what about it?", self.text, node.at, node.length, hint)
        columns = tuple(column.name for column in self.table if column.search is not Free.NEVER)
        return Search(text=name, columns=columns)

    def compare(self, node: syntax.Compare) -> Test:
        """Each value has to fit at least one of the columns behind the name."""
        columns = [column for column in self.named(node) if _allows(column.kind, node.operator)]
        if not columns:
            raise self.not_allowed(node)
        found: dict[str, list[Literal]] = {column.name: [] for column in columns}
        for value in node.values:
            self.fit(node, value, columns, found)
        terms = tuple(Term(column=name, values=tuple(fit)) for name, fit in found.items() if fit)
        operator = _OPPOSITE.get(node.operator, "==" if node.operator == "in" else node.operator)
        return Test(operator=operator, negate=node.operator in _OPPOSITE, terms=terms)

    def fit(
        self,
        node: syntax.Compare,
        value: syntax.Word | syntax.Range,
        columns: list[Column],
        found: dict[str, list[Literal]],
    ) -> None:
        """Read one value for every column that can take it."""
        fault: FilterError | None = None
        fits = False
        for column in columns:
            try:
                found[column.name].append(self.meaning(node.operator, column.kind, value))
                fits = True
            except (LiteralError, PatternError) as error:
                fault = fault or self.unfit(column, value, error)
        if fault is not None and not fits:
            raise fault

    def meaning(self, operator: str, kind: Kind, value: syntax.Word | syntax.Range) -> Literal:
        """One value for one column."""
        if operator in _WORDS:
            if isinstance(value, syntax.Range):
                raise LiteralError("is a range: write text")
            if operator == "contains":
                return Exact(text=value.text.lower())
            compile_pattern(value.text)
            return Pattern(text=value.text)
        return literal(kind, value, now=self.now)

    def unfit(self, column: Column, value: syntax.Word | syntax.Range, error: ValueError) -> FilterError:
        """What is wrong with a value, and what would fit."""
        shown = self.text[value.at : value.at + value.length]
        if isinstance(error, PatternError):
            hint = "the pattern language is Python's re; contains looks for plain text"
            if "very long" in str(error):
                hint = "use fewer * and +, none inside another, or ++ and *+, which never go back"
            return FilterError(str(error), self.text, value.at, value.length, hint)
        message = f"{column.name} is {_a(column.kind)}, and {shown} {error}"
        return FilterError(message, self.text, value.at, value.length, f"write {EXAMPLES[column.kind]}")

    def not_allowed(self, node: syntax.Compare) -> FilterError:
        """The operator does not go with the column's kind."""
        column = self.named(node)[0]
        allowed = ", ".join(name for name in syntax.OPERATORS if _allows(column.kind, name))
        message = f"{node.operator} does not go with {node.name}, which is {_a(column.kind)}"
        return FilterError(message, self.text, node.at, node.length, f"what goes with it: {allowed}")


def _allows(kind: Kind, operator: str) -> bool:
    if operator in ("==", "!="):
        return True
    if operator in ("<", "<=", ">", ">="):
        return kind in _ORDERED
    if operator in _WORDS:
        return kind in _WORDY
    return kind is not Kind.BOOLEAN


def _a(kind: Kind) -> str:
    article = "an" if kind.value[0] in "aeiou" else "a"
    return kind.value if kind is Kind.TEXT else f"{article} {kind.value}"
