"""The condition of a query as a test of one row, without SQLite: the same rows match either way.

Conditions know true, false and unknown, as in SQL. Whatever needs other rows, the clock or an order is
refused (NotSingle), and runs in windows over the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from procwire.detect import sqlvalue as sql
from procwire.detect.sqlvalue import Cell
from procwire.model.columns import Column, Kind, Table
from procwire.model.filter.pattern import searcher
from procwire.store.cells import encoders
from procwire.store.functions import FUNCTIONS, like, liker, regexp

Read = Callable[[Any], Cell]
Test = Callable[[Any], "bool | None"]
_TIMELY = frozenset({"ago", "moment"})  # depend on when they are asked
_COMPARE = frozenset({"EQ", "LT", "LTE", "GT", "GTE"})
_COMPUTE = frozenset({"Add", "Sub", "Mul", "Div", "Mod"})
_KINDS = {Kind.TEXT: sql.TEXT, Kind.ADDRESS: sql.TEXT, Kind.LIST: sql.TEXT}


class NotSingle(Exception):  # noqa: N818
    """More than one row, or the clock, decides; the words say what of it."""


class Compiler:
    """Makes closures of the conditions over one table."""

    def __init__(self, table: Table) -> None:
        self._columns = {column.name: column for column in table}

    # Conditions.

    def test(self, node: Any) -> Test:
        """A node as a condition. Raises NotSingle."""
        made = getattr(self, f"_test_{type(node).__name__.lower()}", None)
        if made is not None:
            found: Test = made(node)
            return found
        name = type(node).__name__
        if name in _COMPARE:
            return self._compared(name, node.this, node.expression)
        read = self.read(node)
        return lambda row: sql.truth(read(row))

    def _test_paren(self, node: Any) -> Test:
        return self.test(node.this)

    def _test_and(self, node: Any) -> Test:
        first, second = self.test(node.this), self.test(node.expression)

        def both(row: Any) -> bool | None:
            left = first(row)
            if left is False:
                return False
            right = second(row)
            return False if right is False else (None if left is None or right is None else True)

        return both

    def _test_or(self, node: Any) -> Test:
        first, second = self.test(node.this), self.test(node.expression)

        def either(row: Any) -> bool | None:
            left = first(row)
            if left:
                return True
            right = second(row)
            return True if right else (None if left is None or right is None else False)

        return either

    def _test_not(self, node: Any) -> Test:
        return _opposite(self.test(node.this))

    def _test_neq(self, node: Any) -> Test:
        return _opposite(self._compared("EQ", node.this, node.expression))

    def _test_is(self, node: Any) -> Test:
        return self._same(node.this, node.expression)

    def _test_nullsafeeq(self, node: Any) -> Test:
        return self._same(node.this, node.expression)

    def _test_nullsafeneq(self, node: Any) -> Test:
        return _opposite(self._same(node.this, node.expression))

    def _test_in(self, node: Any) -> Test:
        if node.args.get("query") or node.args.get("unnest"):
            raise NotSingle("it has a query within")
        tests = [self._compared("EQ", node.this, item) for item in node.expressions]

        def among(row: Any) -> bool | None:
            unknown = False
            for test in tests:
                found = test(row)
                if found:
                    return True
                unknown = unknown or found is None
            return None if unknown else False

        return among

    def _test_between(self, node: Any) -> Test:
        low = self._compared("GTE", node.this, node.args["low"])
        high = self._compared("LTE", node.this, node.args["high"])

        def within(row: Any) -> bool | None:
            first, second = low(row), high(row)
            if first is False or second is False:
                return False
            return None if first is None or second is None else True

        return within

    def _test_escape(self, node: Any) -> Test:
        return self._like(node.this, str(node.expression.this))

    def _test_like(self, node: Any) -> Test:
        return self._like(node, "")

    def _like(self, node: Any, escape: str) -> Test:
        value, pattern = self.read(node.this), self.read(node.expression)
        if is_literal(node.expression):
            return self._tested(
                value, liker(str(node.expression.this), escape), negate=node.args.get("negate")
            )
        positive: Test = lambda row: _truth(like(pattern(row), value(row), escape))  # noqa: E731
        return _opposite(positive) if node.args.get("negate") else positive

    def _test_regexplike(self, node: Any) -> Test:
        value, pattern = self.read(node.this), self.read(node.expression)
        if is_literal(node.expression):
            return self._tested(value, searcher(str(node.expression.this)))
        return lambda row: _truth(regexp(pattern(row), value(row)))

    def _test_anonymous(self, node: Any) -> Test:
        """regexp() and caselike() of what was written down; any other function is a value."""
        name, parts = str(node.name).lower(), node.expressions
        if name in {"regexp", "caselike"} and len(parts) == 2 and is_literal(parts[0]):
            text = str(parts[0].this)
            found = searcher(text) if name == "regexp" else liker(text, "\\", cased=True)
            return self._tested(self.read(parts[1]), found)
        read = self._read_anonymous(node)
        return lambda row: sql.truth(read(row))

    def _tested(self, value: Read, fits: Callable[[str], bool], *, negate: Any = False) -> Test:
        wanted = not negate

        def tested(row: Any) -> bool | None:
            text = value(row)
            return (
                None
                if text is None
                else fits(text if type(text) is str else str(sql.text_of(text))) is wanted
            )

        return tested

    def _test_exists(self, node: Any) -> Test:
        """Some member of a list: EXISTS (SELECT … FROM json_each(column) WHERE …)."""
        column, where = members(node, self._columns)
        test, get = Compiler(MEMBERS).test(where), column.get
        return lambda row: any(test(member) for member in get(row) or ())

    def _compared(self, name: str, left: Any, right: Any) -> Test:
        first, second = self.fitting(left, right)
        compare = sql.comparison(name)
        return lambda row: compare(first(row), second(row))

    def _same(self, left: Any, right: Any) -> Test:
        first, second = self.fitting(left, right)
        compare = sql.comparison("EQ")

        def same(row: Any) -> bool:
            one, other = first(row), second(row)
            return one is other if one is None or other is None else bool(compare(one, other))

        return same

    # Values.

    def fitting(self, left: Any, right: Any) -> tuple[Read, Read]:
        """Both sides of a comparison, each with the other's affinity applied."""
        kinds = self.affinity(left), self.affinity(right)
        return (
            _fitted(self.read(left), kinds[1], kinds[0], constant=is_literal(left)),
            _fitted(self.read(right), kinds[0], kinds[1], constant=is_literal(right)),
        )

    def affinity(self, node: Any) -> str:
        """What a side of a comparison makes of the other."""
        name = type(node).__name__
        if name == "Paren":
            return self.affinity(node.this)
        if name == "Column":
            return _KINDS.get(self._column(node).kind, sql.NUMERIC)
        return sql.NONE

    def read(self, node: Any) -> Read:
        """A node as a value. Raises NotSingle."""
        name = type(node).__name__
        made = getattr(self, f"_read_{name.lower()}", None)
        if made is not None:
            found: Read = made(node)
            return found
        if name in _COMPUTE:
            first, second = self.read(node.this), self.read(node.expression)
            compute = sql.arithmetic(name)
            return lambda row: compute(first(row), second(row))
        if name in _COMPARE or hasattr(self, f"_test_{name.lower()}"):
            test = self.test(node)
            return lambda row: None if (found := test(row)) is None else int(found)
        raise NotSingle(f"{name.upper()} is for queries over windows")

    def _read_paren(self, node: Any) -> Read:
        return self.read(node.this)

    def _read_literal(self, node: Any) -> Read:
        value = constant(node)
        return lambda _: value

    def _read_null(self, node: Any) -> Read:  # noqa: ARG002
        return lambda _: None

    def _read_boolean(self, node: Any) -> Read:
        value = int(bool(node.this))
        return lambda _: value

    def _read_neg(self, node: Any) -> Read:
        inner, compute = self.read(node.this), sql.arithmetic("Sub")
        return lambda row: compute(0, inner(row))

    def _read_column(self, node: Any) -> Read:
        column = self._column(node)
        ((get, encode),) = encoders(Table(name="one", doc="One.", columns=(column,)))

        def read(row: Any) -> Cell:
            value = get(row)
            if value is None or value == "":
                return None
            cell: Cell = value if encode is None or type(value) is str else encode(value)
            return int(cell) if isinstance(cell, bool) else cell

        return read

    def _column(self, node: Any) -> Column:
        name = str(node.name).lower()
        if name not in self._columns:
            raise NotSingle(f"{name} is not a column that rows have when they come")
        return self._columns[name]

    def _read_dpipe(self, node: Any) -> Read:
        first, second = self.read(node.this), self.read(node.expression)

        def joined(row: Any) -> str | None:
            left, right = sql.text_of(first(row)), sql.text_of(second(row))
            return None if left is None or right is None else left + right

        return joined

    def _read_coalesce(self, node: Any) -> Read:
        parts = [self.read(item) for item in (node.this, *node.expressions)]
        return lambda row: next((value for part in parts if (value := part(row)) is not None), None)

    def _read_lower(self, node: Any) -> Read:
        return _texted(self.read(node.this), sql.lower)

    def _read_upper(self, node: Any) -> Read:
        return _texted(self.read(node.this), sql.upper)

    def _read_length(self, node: Any) -> Read:
        inner = self.read(node.this)
        return lambda row: None if (text := sql.text_of(inner(row))) is None else len(text.partition("\0")[0])

    def _read_strposition(self, node: Any) -> Read:
        value, part = self.read(node.this), self.read(node.args["substr"])

        def found(row: Any) -> int | None:
            text, looked = sql.text_of(value(row)), sql.text_of(part(row))
            return None if text is None or looked is None else text.find(looked) + 1

        return found

    def _read_anonymous(self, node: Any) -> Read:
        name = str(node.name).lower()
        if name not in FUNCTIONS or name in _TIMELY or len(node.expressions) != FUNCTIONS[name][0]:
            raise NotSingle(f"{name}() is for queries over windows")
        function = FUNCTIONS[name][1]
        parts = [self.read(item) for item in node.expressions]
        return lambda row: _bare(function(*(part(row) for part in parts)))


_MEMBER = Column(name="value", kind=Kind.TEXT, doc="A member of a list.", get=lambda member: member)
MEMBERS = Table(name="json_each", doc="The members of a list.", columns=(_MEMBER,))


def members(node: Any, columns: Mapping[str, Column]) -> tuple[Column, Any]:
    """Of EXISTS (SELECT … FROM json_each(column) WHERE …): column and condition. Raises NotSingle."""
    from sqlglot import expressions

    query = node.this
    source = source_of(query) if query else None
    call: Any = source.this.this if source is not None else None
    where = query.args.get("where") if query else None
    named = isinstance(call, expressions.Anonymous) and call.name.lower() == "json_each"
    if not named or clauses(query) or where is None or len(call.expressions) != 1:
        raise NotSingle("it has a query within")
    (of,) = call.expressions
    column = columns.get(of.name.lower()) if isinstance(of, expressions.Column) else None
    if column is None or column.kind is not Kind.LIST:
        raise NotSingle("json_each takes a column that is a list")
    return column, where.this


def source_of(query: Any) -> Any:
    """Its FROM."""
    return query.args.get("from_") or query.args.get("from")


def clauses(query: Any) -> set[str]:
    """What a query has beside SELECT, FROM and WHERE."""
    plain = {"kind", "expressions", "from_", "from", "where"}
    return {key for key, value in query.args.items() if value} - plain


def _opposite(test: Test) -> Test:
    return lambda row: None if (found := test(row)) is None else not found


def _truth(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _bare(value: Any) -> Cell:
    return int(value) if isinstance(value, bool) else value


def constant(node: Any) -> Cell:
    """The value of a literal."""
    return str(node.this) if node.is_string else sql.number_of(str(node.this))


def is_literal(node: Any) -> bool:
    """Whether a node is a text or number that was written down."""
    return type(node).__name__ == "Literal"


def _fitted(read: Read, other: str, own: str, *, constant: bool) -> Read:
    if other in (sql.NONE, own):
        return read
    if constant:
        value = sql.fitted(read(None), other, own)
        return lambda _: value
    return lambda row: sql.fitted(read(row), other, own)


def _texted(read: Read, change: Callable[[str], str]) -> Read:
    return lambda row: None if (text := sql.text_of(read(row))) is None else change(text)
