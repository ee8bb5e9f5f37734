"""What a row must hold for the condition of a query to be true of it: see ``detect.needs``."""

from __future__ import annotations

from typing import Any

from procwire.detect import needs as need
from procwire.detect.needs import Needs
from procwire.detect.sqlmatch import MEMBERS, constant, is_literal, members
from procwire.model.columns import Column, Kind, Table

_FOLDED = ("fold", "lower", "upper")  # of which a text is compared as if it were folded
_TEXTS = (Kind.TEXT, Kind.ADDRESS)


def of_sql(node: Any, table: Table) -> Needs:
    """The needs of a condition over one table, which ``sqlmatch`` compiled."""
    return _Wants(table).needs(node)


class _Wants:
    def __init__(self, table: Table) -> None:
        self._columns = {column.name: column for column in table}

    def needs(self, node: Any) -> Needs:
        """What a row must hold for the condition to be true of it."""
        name = type(node).__name__
        if name == "Paren":
            return self.needs(node.this)
        if name == "And":
            return need.both((self.needs(node.this), self.needs(node.expression)))
        if name == "Or":
            return need.either((self.needs(node.this), self.needs(node.expression)))
        if name == "In" and not node.args.get("query"):
            return need.either(self._equal(node.this, item) for item in node.expressions)
        if name == "EQ":
            return self._equal(node.this, node.expression)
        if name in {"Like", "Escape", "RegexpLike"}:
            return self._searched(node)
        if name == "Anonymous":
            return self._called(node)
        if name == "Exists":
            return self._member(node)
        return None

    def _equal(self, left: Any, right: Any) -> Needs:
        column = self._plain(left)
        if column is None or not is_literal(right):
            return None
        value = constant(right)
        if isinstance(value, str) and column.kind in _TEXTS:
            return need.equal(column.name, value)
        whole = isinstance(value, int) and column.kind is Kind.INTEGER
        return frozenset({need.Need(column.name, int(value or 0), exact=True)}) if whole else None

    def _searched(self, node: Any) -> Needs:
        escape = str(node.expression.this) if type(node).__name__ == "Escape" else ""
        inner = node.this if escape else node
        column = self._plain(inner.this)
        if column is None or inner.args.get("negate") or not is_literal(inner.expression):
            return None
        if column.kind not in _TEXTS:
            return None
        pattern = str(inner.expression.this)
        if type(node).__name__ == "RegexpLike":
            return need.searched(column.name, pattern)
        return need.contained(column.name, longest(pattern, escape))

    def _called(self, node: Any) -> Needs:
        name, parts = str(node.name).lower(), node.expressions
        if name not in {"caselike", "regexp"} or len(parts) != 2 or not is_literal(parts[0]):
            return None
        column = self._plain(parts[1])
        if column is None or column.kind not in _TEXTS:
            return None
        text = str(parts[0].this)
        if name == "regexp":
            return need.searched(column.name, text)
        return need.contained(column.name, longest(text, "\\"))

    def _member(self, node: Any) -> Needs:
        column, where = members(node, self._columns)
        inner = of_sql(where, MEMBERS)
        if inner is None:
            return None
        return frozenset(one._replace(column=column.name) for one in inner)

    def _plain(self, node: Any) -> Column | None:
        """The column that a side is, folded or not."""
        name = type(node).__name__
        if name in {"Lower", "Upper", "Paren"}:
            return self._plain(node.this)
        if name == "Anonymous" and str(node.name).lower() in _FOLDED and node.expressions:
            return self._plain(node.expressions[0])
        return self._columns.get(str(node.name).lower()) if name == "Column" else None


def longest(pattern: str, escape: str) -> str:
    """The longest plain part of a LIKE pattern."""
    parts, letters = [""], iter(pattern)
    for letter in letters:
        if escape and letter == escape:
            parts[-1] += next(letters, "")
        elif letter in "%_":
            parts.append("")
        else:
            parts[-1] += letter
    return max(parts, key=len)
