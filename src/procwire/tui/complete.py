"""What may stand at the cursor of a filter or of a query: names that begin as the word there.

Pure: text in, words out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from procwire.model.columns import Kind, Table

MAX_OFFERED = 50
_WORD = re.compile(r"[\w.]*$")
_AFTER_NAME = re.compile(r"(?:^|[\s(!])([\w.]+)\s+$")
_COMPARED = re.compile(r"([\w.]+)\s*(?:==|=|!=|in\s*[({])\s*\"?[\w.:-]*$")
OPERATORS = {
    Kind.TEXT: ("==", "!=", "~", "in"),
    Kind.LIST: ("==", "~"),
    Kind.ADDRESS: ("==", "!=", "in"),
    Kind.BOOLEAN: ("==",),
}
ORDERED = ("==", "!=", ">", "<", ">=", "<=")
JOINS = ("and", "or", "not")
SQL_WORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "JOIN", "LEFT JOIN", "USING", "ON",
    "AS", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS NULL", "DISTINCT", "COUNT(", "SUM(", "MIN(",
    "MAX(", "AVG(", "CASE", "WHEN", "THEN", "ELSE", "END", "WITH", "DESC", "ASC",
)  # fmt: skip


def word_at(text: str, cursor: int) -> str:
    """The unfinished word before the cursor."""
    found = _WORD.search(text[:cursor])
    return found[0] if found else ""


def in_quotes(text: str) -> bool:
    """Whether the end of the text stands inside an open string."""
    return text.count('"') % 2 == 1


class Offers:
    """Completions of a filter over one table. ``values``: column -> what it holds just now, as seen."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.values: dict[str, Sequence[str]] = {}
        self._kinds = {column.name: column.kind for column in table}
        self._names = [*self._kinds, *(name for name in table.also if name not in self._kinds)]

    def of(self, text: str, cursor: int) -> list[str]:
        """Words that may stand in the place of ``word_at``."""
        before = text[:cursor]
        word = word_at(text, cursor)
        compared = _COMPARED.search(before)
        if compared is not None:
            return self._held(compared[1], word)
        if in_quotes(before):
            return []
        named = _AFTER_NAME.search(before)
        if named is not None and not word:
            return list(self._after(named[1]))
        return beginning(
            word, [*self._names, *(JOINS if before[: len(before) - len(word)].strip() else JOINS[2:])]
        )

    def _held(self, name: str, word: str) -> list[str]:
        targets = self.table.also.get(name, ()) if name not in self._kinds else (name,)
        held = {value for target in targets for value in self.values.get(target, ())}
        return beginning(word, sorted(held)) if held else []

    def _after(self, name: str) -> Iterable[str]:
        if name in self._kinds:
            return OPERATORS.get(self._kinds[name], ORDERED)
        return OPERATORS[Kind.TEXT] if name in self.table.also else JOINS[:2]


def beginning(word: str, names: Iterable[str]) -> list[str]:
    """Names that begin so, then those that hold it elsewhere; the word itself is no offer."""
    low = word.lower()
    known = [name for name in dict.fromkeys(names) if name.lower() != low]
    first = [name for name in known if name.lower().startswith(low)]
    rest = [name for name in known if low and low in name.lower() and name not in first]
    return (first + rest)[:MAX_OFFERED]


def sql(text: str, cursor: int, tables: Sequence[Table]) -> list[str]:
    """Words of a query: tables behind FROM and JOIN, else the columns of the tables named, and SQL's own."""
    word = word_at(text, cursor)
    before = text[: cursor - len(word)].rstrip().upper()
    if before.endswith(("FROM", "JOIN")):
        return beginning(word, (table.name for table in tables))
    named = set(re.findall(r"[a-z_][a-z0-9_]*", text.lower()))
    columns = [column.name for table in tables if table.name in named for column in table]
    words = SQL_WORDS if word[:1].isupper() else [each.lower() for each in SQL_WORDS]
    return beginning(word, [*columns, *words, *(table.name for table in tables)])


def accepted(text: str, cursor: int, offer: str) -> tuple[str, int]:
    """The text with the offer in the place of the word at the cursor, and where the cursor then is."""
    start = cursor - len(word_at(text, cursor))
    space = "" if text[cursor : cursor + 1] == " " or offer.endswith("(") else " "
    done = text[:start] + offer + space
    return done + text[cursor:], len(done)
