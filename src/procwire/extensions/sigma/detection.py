"""The detection of a Sigma rule: its selections, and the condition that joins them, as one tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Protocol

from procwire.extensions.sigma._sources import ANSWERED, FOREIGN, NONE, SOURCES, UNSEEN, Field, Source
from procwire.extensions.sigma.condition import All, Leaf, Node, Not, Unseen, Want, seen
from procwire.extensions.sigma.condition import Any as AnyOf
from procwire.extensions.sigma.modifiers import Test
from procwire.extensions.sigma.reason import SigmaError
from procwire.model.columns import Column, Table

MAX_DEPTH = 20
NOT_SELECTIONS = frozenset({"condition", "timeframe", "rules"})
Placeholders = Mapping[str, Sequence[Any]]
NOTHING: Placeholders = MappingProxyType({})
_TOKEN = re.compile(r"\s*(\(|\)|\||[^\s()|]+)")


def source_of(logsource: Mapping[str, Any]) -> Source:
    """The table that has what a log source tells. Raises SigmaError."""
    product, category, service = (str(logsource.get(key) or "") for key in ("product", "category", "service"))
    for (made, kind, of), source in SOURCES:
        fits = (made is None or product == made or (not product and kind)) and service == (of or "")
        if fits and category == (kind or "") and not (made is None and product in FOREIGN):
            return source
    words = "/".join(word for word in (product, category, service) if word) or "nothing"
    if product in FOREIGN:
        raise SigmaError(f"it is for {product}", f"log source {words}")
    why = next(
        (UNSEEN[key] for key in (service, category, product) if key in UNSEEN), "no table holds its logs"
    )
    raise SigmaError(f"log source {words}: {why}", f"log source {words}")


class Reading:
    """The selections of one rule over one source. ``tables``: every table, by name.

    ``placeholders``: the values of each, without its percent signs.
    """

    def __init__(
        self, source: Source, tables: Mapping[str, Table], placeholders: Placeholders = NOTHING
    ) -> None:
        self.source = source
        self._placeholders = placeholders
        self.table = tables[source.table]
        self.read: set[str] = set()  # columns
        self.left_out: tuple[str, ...] = ()  # what of the rule is not looked for, and why

    def node(self, detection: Any, *more: Any) -> Node:
        """The whole detection, with what its rows must be, and ``more`` that they must fit.

        Raises SigmaError.
        """
        parts = tuple(self._detection(one) for one in (detection, *more))
        whole, lost = seen(parts[0] if len(parts) == 1 else All(parts))
        if isinstance(whole, Unseen):
            raise SigmaError(whole.why, whole.kind)
        notes = (self.source.note, *(one.why for one in lost))
        self.left_out = tuple(dict.fromkeys(note for note in notes if note))
        base = self.base()
        return All((Leaf(base), whole)) if base else whole

    def _detection(self, detection: Any) -> Node:
        """Selections, joined as the condition says; of several conditions, any."""
        if not isinstance(detection, dict) or "condition" not in detection:
            raise SigmaError("it has no detection with a condition", "no condition")
        said = detection["condition"]
        named = {str(name): value for name, value in detection.items() if name not in NOT_SELECTIONS}
        parts = tuple(
            Parser(str(one), named, self).whole() for one in (said if isinstance(said, list) else [said])
        )
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def base(self) -> str:
        """What the rows of the source must be; answers where only they have what is asked about."""
        if self.source.table == "dns" and self.read & ANSWERED:
            return "message = 'response'"
        return self.source.base

    def selection(self, value: Any) -> Node:
        """A mapping of fields, a list of such, or keywords."""
        if isinstance(value, dict):
            parts = tuple(self.field(str(name), one) for name, one in value.items())
            if not parts:
                raise SigmaError("a selection is empty", "empty selection")
            names = {str(name).split("|")[0].lower(): one for name, one in value.items()}
            parts += self.source.beside(names)
            return parts[0] if len(parts) == 1 else All(parts)
        items = value if isinstance(value, list) else [value]
        if not items:
            raise SigmaError("a selection is empty", "empty selection")
        parts = tuple(self.selection(one) if isinstance(one, dict) else self.keyword(one) for one in items)
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def field(self, said: str, value: Any) -> Node:
        """One field with its modifiers and values."""
        name, *modifiers = said.split("|")
        values = value if isinstance(value, list) else [value]
        if not name:
            return self._keywords(values, tuple(modifiers))
        try:
            field = self.mapped(name)
        except SigmaError as error:
            return Unseen(str(error), error.kind)
        if field.values:
            return self._meant(field, values)
        test = Test(
            column=self._column(field), modifiers=tuple(modifiers), before=field.before,
            placeholders=self._placeholders,
        )  # fmt: skip
        return test.node(values, lambda other: self._column(self.mapped(str(other))))

    def mapped(self, name: str) -> Field:
        """The field of ours. Raises SigmaError."""
        field = self.source.fields.get(name.lower())
        if field is None or field.column == NONE:
            why = f": {field.why}" if field is not None and field.why else ""
            raise SigmaError(f"no column of {self.table.name} is {name}{why}", f"field {name}")
        return field

    def keyword(self, value: Any) -> Node:
        """A text anywhere."""
        return self._keywords([value], ())

    def _keywords(self, values: list[Any], modifiers: tuple[str, ...]) -> Node:
        if not self.source.keywords:
            raise SigmaError(
                f"keywords are looked for in whole lines, and {self.table.name} has none", "keywords"
            )
        found = []
        for value in values:
            tests = (self._anywhere(name, value, modifiers) for name in self.source.keywords)
            found.append(AnyOf(tuple(tests)))
        if len(found) == 1:
            return found[0]
        return All(tuple(found)) if "all" in modifiers else AnyOf(tuple(found))

    def _anywhere(self, name: str, value: Any, modifiers: tuple[str, ...]) -> Node:
        column = self.table.column(name)
        self.read.add(name)
        more = tuple(one for one in modifiers if one != "all")
        test = Test(column=column, modifiers=("contains", *more), placeholders=self._placeholders)
        return test.node([value], lambda _: column)

    def _meant(self, field: Field, values: list[Any]) -> Node:
        self.read.add(field.column)
        found: list[Node] = []
        for value in values:
            sql = field.values.get(str(value).lower())
            if sql is None:
                why = (
                    field.whys.get(str(value).lower(), field.why)
                    or f"{value!r} is no value of {field.column}"
                )
                found.append(Unseen(why, f"type {value}" if field.why else f"value of {field.column}"))
            else:
                against = (Want(field.column, field.against, whole=True, listed=True),)
                found.append(Leaf(sql, (), against if field.against else ()))
        return found[0] if len(found) == 1 else AnyOf(tuple(found))

    def _column(self, field: Field) -> Column:
        column = self.table.column(field.column)
        self.read.add(column.name)
        return column


class Selecting(Protocol):
    """What makes conditions of selections."""

    def selection(self, value: Any) -> Node:
        """One selection. Raises SigmaError."""


class Parser:
    """Reads a condition: and, or, not, parentheses, names, ``1 of x*``, ``all of them``."""

    def __init__(self, text: str, named: Mapping[str, Any], reading: Selecting) -> None:
        self._named = named
        self._reading = reading
        self._tokens = [found.group(1) for found in _TOKEN.finditer(text)]
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        """The condition. Raises SigmaError."""
        node = self._either()
        if self._at < len(self._tokens):
            if self._tokens[self._at] == "|":
                raise SigmaError(
                    "an aggregation behind | is of old Sigma: write a correlation", "old aggregation"
                )
            raise SigmaError(f"the condition does not end before {self._tokens[self._at]!r}", "condition")
        return node

    def _peek(self) -> str:
        return self._tokens[self._at].lower() if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        if self._at >= len(self._tokens):
            raise SigmaError("the condition ends too early", "condition")
        self._at += 1
        return self._tokens[self._at - 1]

    def _either(self) -> Node:
        parts = [self._both()]
        while self._peek() == "or":
            self._take()
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self) -> Node:
        parts = [self._opposite()]
        while self._peek() == "and":
            self._take()
            parts.append(self._opposite())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _opposite(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH * 10:
            raise SigmaError("the condition is nested too deeply", "condition")
        if self._peek() == "not":
            self._take()
            return Not(self._opposite())
        word = self._take()
        if word == "(":
            inside = self._either()
            if self._take() != ")":
                raise SigmaError("a parenthesis is not closed", "condition")
            return inside
        if self._peek() == "of":
            return self._of(word.lower())
        if word not in self._named:
            raise SigmaError(f"no selection is called {word!r}", "condition")
        return self._reading.selection(self._named[word])

    def _of(self, count: str) -> Node:
        self._take()
        pattern = self._take()
        names = [name for name in self._named if _fits(name, pattern)]
        if not names:
            raise SigmaError(f"no selection fits {pattern!r}", "condition")
        parts = tuple(self._reading.selection(self._named[name]) for name in names)
        if count == "all":
            return All(parts)
        if count in {"1", "any"}:
            return AnyOf(parts)
        if count.isdigit() and int(count) <= len(parts):
            return AnyOf(tuple(All(some) for some in _choices(parts, int(count))))
        raise SigmaError(f"{count} of {pattern}: 1, any, all or a number", "condition")


def _fits(name: str, pattern: str) -> bool:
    return not name.startswith("_") if pattern == "them" else fnmatchcase(name, pattern)


def _choices(parts: tuple[Node, ...], count: int) -> Iterator[tuple[Node, ...]]:
    from itertools import combinations, islice

    yield from islice(combinations(parts, count), 200)
