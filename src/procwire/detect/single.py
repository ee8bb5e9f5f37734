"""A query over single rows, as a rule has it: what matches, and what a row must hold for it.

What a plain condition over one table says (``SELECT … FROM table WHERE …``) is decided by its row alone, so
it can be asked when the row comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from procwire.detect.needs import Needs
from procwire.detect.sqlmatch import Compiler, NotSingle, clauses, source_of
from procwire.detect.sqlneeds import of_sql
from procwire.model.columns import Table


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A condition over rows of one table. ``matches`` never raises for a row of it."""

    text: str
    table: str
    matches: Callable[[Any], bool]
    needs: Needs = None


def single(text: str, tables: Mapping[str, Table]) -> Match:
    """The test that a query is. The query was let through by store.guard. Raises NotSingle."""
    import sqlglot

    tree = sqlglot.parse_one(text, read="sqlite")
    name = _table(tree)
    if name not in tables:
        raise NotSingle(f"{name} is no table of rows")
    where = tree.args.get("where")
    if where is None:
        raise NotSingle("a condition is missing: every row would match")
    test, needs = Compiler(tables[name]).test(where.this), of_sql(where.this, tables[name])
    return Match(text=text, table=name, matches=lambda row: bool(test(row)), needs=needs)


def source_and_condition(text: str) -> str:
    """FROM and WHERE of a query that ``single`` took."""
    import sqlglot

    tree = sqlglot.parse_one(text, read="sqlite")
    return f"{source_of(tree).sql('sqlite')} {tree.args['where'].sql('sqlite')}".strip()


def _table(tree: Any) -> str:
    """The one table that a plain query reads."""
    from sqlglot import expressions

    if not isinstance(tree, expressions.Select):
        raise NotSingle("several queries in one")
    if more := clauses(tree):
        raise NotSingle(f"it has {', '.join(sorted(more)).upper().rstrip('_')}")
    for column in tree.expressions:
        if column.find(expressions.AggFunc, expressions.Window, expressions.Select):
            raise NotSingle("it sums up")
    source = source_of(tree)
    table = source.this if source is not None else None
    if not isinstance(table, expressions.Table) or table.db or isinstance(table.this, expressions.Anonymous):
        raise NotSingle("it does not read one table by its name")
    return str(table.name).lower()
