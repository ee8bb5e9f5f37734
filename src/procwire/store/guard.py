"""The first wall before a query: its syntax tree, of which every node must be of a kind that is allowed.

One SELECT (with CTEs, joins, subqueries, window functions) over the declared tables, with functions that
compute and nothing else. Everything that is not on the lists is refused, whatever SQLite would make of
it. The second wall is SQLite's own authorizer (``authority``), which sees what the statement was compiled to:
so a text that the two parsers read differently is still held to the same lists. Runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.filter.fault import nearest
from procwire.store.functions import FUNCTIONS

MAX_TEXT = 20_000  # characters
MAX_NODES = 2_000
MAX_DEPTH = 60
MAX_JOINS = 12
SCHEMAS = frozenset({"", "live", "store"})
ROW_SOURCES = frozenset({"json_each", "json_tree"})
RESERVED = "sqlite_"

_CLAUSES = frozenset(
    """Alias Select From Where Group Having Order Ordered Limit Offset Distinct Join With CTE TableAlias
    Table Subquery Union Intersect Except Values Tuple Star Column Identifier Literal Null Boolean
    Placeholder Var Paren Window WindowSpec Filter Lateral""".split()  # noqa: SIM905
)
_OPERATORS = frozenset(
    """And Or Not EQ NEQ GT GTE LT LTE Is NullSafeEQ NullSafeNEQ In Between Like Escape RegexpLike Exists
    Add Sub Mul Div Mod Neg DPipe BitwiseAnd BitwiseOr BitwiseNot BitwiseLeftShift BitwiseRightShift
    Collate Case If Cast DataType""".split()  # noqa: SIM905
)
_COMPUTE = frozenset(
    """Abs Coalesce Nullif Length Lower Upper Trim Replace Substring StrPosition Round Typeof Hex Sign Ceil
    Floor Count Sum Avg Min Max Greatest Least GroupConcat RowNumber Rank DenseRank PercentRank
    CumeDist Ntile Lag Lead FirstValue LastValue NthValue JSONExtract JSONExtractScalar JSONPath
    JSONPathRoot JSONPathKey JSONPathSubscript Sqrt Pow Ln Exp""".split()  # noqa: SIM905
)
NODES = _CLAUSES | _OPERATORS | _COMPUTE

# What SQLite calls the same: of these, and of no others, the second wall lets functions through.
NAMES = frozenset(
    """abs avg ceil ceiling coalesce count cume_dist dense_rank exp first_value floor group_concat hex
    ifnull iif instr json_array_length json_each json_extract json_tree lag last_value lead length
    like ln lower ltrim max min nth_value ntile nullif percent_rank pow power rank replace round
    row_number rtrim sign sqrt substr substring sum total trim typeof unicode upper -> ->>""".split()  # noqa: SIM905
) | frozenset(FUNCTIONS)


class GuardError(Exception):
    """The query is not allowed, or is none: one line that says why."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a query reads. ``tables``: (schema, table); ``kinds``: of result columns, by lower-case name."""

    tables: frozenset[tuple[str, str]]
    ctes: frozenset[str]
    parameters: frozenset[str]
    kinds: Mapping[str, Kind]


def examine(text: str, tables: Iterable[Table]) -> Asked:
    """Check the text of a query over these tables. Raises GuardError."""
    known = {table.name: table for table in tables}
    tree = _parsed(text)
    _check_nodes(tree)
    ctes = _ctes(tree)
    read = _tables(tree, known, ctes)
    return Asked(
        tables=read,
        ctes=ctes,
        parameters=frozenset(node.name for node in tree.find_all(_expressions().Placeholder)),
        kinds=_kinds(tree, {name: known[name] for _, name in read}),
    )


def _expressions() -> Any:
    """sqlglot's node classes; loaded with the first query (80 ms, 17 MB)."""
    from sqlglot import expressions

    return expressions


def _parsed(text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise GuardError(f"a query has at most {MAX_TEXT:,} characters")
    if "\0" in text:
        raise GuardError("a query holds no NUL")
    import logging

    import sqlglot
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it warns of what is refused here
    try:
        trees = [tree for tree in sqlglot.parse(text, read="sqlite") if tree is not None]
    except SqlglotError as error:
        raise GuardError(_plain(error)) from None
    except RecursionError:
        raise GuardError("the query is nested too deeply") from None
    if len(trees) != 1:
        raise GuardError("one query at a time" if trees else "an empty query")
    if not isinstance(trees[0], _expressions().Query) or isinstance(trees[0], _expressions().Subquery):
        raise GuardError(f"only SELECT is allowed, and this is {_first_word(trees[0], text)}")
    if isinstance(trees[0], _expressions().Select) and not trees[0].expressions:
        raise GuardError("SELECT what?")
    return trees[0]


def _first_word(tree: Any, text: str) -> str:
    """What a statement is, in the words of who wrote it where the parser has no name for it."""
    name = type(tree).__name__.upper()
    return name if name != "COMMAND" else text.split(maxsplit=1)[0].upper()[:20]


def _plain(error: Any) -> str:
    found = (getattr(error, "errors", None) or [{}])[0]
    words = str(found.get("description") or error).split("\n", maxsplit=1)[0]
    near = str(found.get("highlight") or "").strip()
    where = f"line {found['line']}, column {found['col']}" if found.get("line") else ""
    return f"this is not SQL that SQLite reads: {words}" + (f" at {near!r} ({where})" if near else "")


def _check_nodes(tree: Any) -> None:
    """Every node, its depth, and how many there are."""
    expressions = _expressions()
    joins, count = 0, 0
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_DEPTH:
            raise GuardError("the query is too large, or nested too deeply")
        joins += isinstance(node, expressions.Join)
        if joins > MAX_JOINS:
            raise GuardError(f"a query has at most {MAX_JOINS} joins")
        _check_node(node, expressions)
        waiting += [(child, depth + 1) for child in node.iter_expressions()]


def _check_node(node: Any, expressions: Any) -> None:
    if isinstance(node, expressions.Anonymous):
        name = str(node.name).lower()
        if name not in NAMES:
            near = nearest(name, NAMES)
            hint = f": {near}" if near else ""
            raise GuardError(f"the function {name} is not allowed{hint}")
    elif type(node).__name__ not in NODES:
        raise GuardError(f"{_word(node)} is not allowed in a query")


def _word(node: Any) -> str:
    name = type(node).__name__
    known = {"Command": str(node.args.get("this", "")), "Glob": "GLOB (use REGEXP)"}
    return known.get(name, name).upper() or name.upper()


def _ctes(tree: Any) -> frozenset[str]:
    names = {str(node.alias).lower() for node in tree.find_all(_expressions().CTE)}
    for name in names:
        if name.startswith(RESERVED):
            raise GuardError(f"the name {name} is reserved")
    return frozenset(names)


def _tables(tree: Any, known: Mapping[str, Table], ctes: frozenset[str]) -> frozenset[tuple[str, str]]:
    """The tables that it reads. Raises GuardError for one that is not there."""
    expressions = _expressions()
    found = set()
    for node in tree.find_all(expressions.Table):
        if isinstance(node.this, expressions.Anonymous):
            if str(node.this.name).lower() not in ROW_SOURCES:
                raise GuardError(f"{node.this.name} is no table")
            continue
        schema, name = str(node.db).lower(), str(node.name).lower()
        if node.catalog or schema not in SCHEMAS:
            raise GuardError(f"{node.sql()} is no table: schemas are live and store")
        if not schema and name in ctes:
            continue
        if name not in known:
            hint = nearest(name, known) or "procwire query --tables lists them"
            raise GuardError(f"no table is called {name}: {hint}")
        found.add((schema, name))
    return frozenset(found)


def _kinds(tree: Any, tables: Mapping[str, Table]) -> dict[str, Kind]:
    """Kinds of result columns that come straight from declared ones, so that times print as times."""
    expressions = _expressions()
    sources = [tree.args.get("from_") or tree.args.get("from"), *(tree.args.get("joins") or ())]
    if not isinstance(tree, expressions.Select) or tree.args.get("with_") or tree.args.get("with"):
        return {}
    if not all(source is not None and isinstance(source.this, expressions.Table) for source in sources):
        return {}
    declared: dict[str, Kind] = {}
    for table in tables.values():
        declared |= {column.name: column.kind for column in _stored_columns(table)}
    kinds: dict[str, Kind] = {}
    for item in tree.expressions:
        inside = item.unalias()
        if isinstance(item, expressions.Star) or (
            isinstance(inside, expressions.Column) and isinstance(inside.this, expressions.Star)
        ):
            kinds = declared | kinds
            continue
        if isinstance(inside, expressions.Max | expressions.Min) and not inside.expressions:
            inside = inside.this
        if isinstance(inside, expressions.Column) and inside.name.lower() in declared:
            name = item.alias_or_name if item.alias or inside is item else item.sql()
            kinds[name.lower()] = declared[inside.name.lower()]
        elif item.alias:
            kinds.pop(item.alias.lower(), None)
    return kinds


def _stored_columns(table: Table) -> tuple[Column, ...]:
    from procwire.store.schema import columns_of

    return columns_of(table)
