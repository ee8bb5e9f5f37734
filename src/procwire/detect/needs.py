"""What a row must hold for a rule to match it: so that most rules need not be asked about most rows.

A need is a text or number that a column equals, or a text that stands in it; a rule's needs are alternatives,
of which a matching row has at least one. Needs are wider than the rule: they rule out, they decide nothing.
Texts are ASCII in lower case: the lower case of other letters depends on what stands beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from procwire.model.columns import Kind, Table
from procwire.model.filter import checker
from procwire.model.filter.literals import Exact, Literal, Pattern, Span

_RUN = re.compile(r"[ -~]+")
LEAST_TEXT = 2  # characters that a text must have to be worth looking for
_WORTH_EXACT, _WORTH_NUMBER, _WORTH_KIND = 4, 6, 2
# Columns that say of what kind a row is: nearly every row has one of a few values.
_OF_KINDS = frozenset(
    {"action", "app", "direction", "message", "opcode", "proto", "query_class", "side", "state"}
)


class Need(NamedTuple):
    """``exact``: the column's value, or a member of its list, is this; else it contains it."""

    column: str
    value: str | int
    exact: bool = False


Needs = frozenset[Need] | None  # None: nothing in particular


def worth(needs: Needs) -> int:
    """How much needs rule out."""
    if not needs:
        return 0
    return min(_worth(need) for need in needs)


def _worth(need: Need) -> int:
    if need.column in _OF_KINDS:
        return _WORTH_KIND
    return _WORTH_NUMBER if isinstance(need.value, int) else len(need.value) + _WORTH_EXACT * need.exact


def both(parts: Iterable[Needs]) -> Needs:
    """Of what must all be true: the part that rules out most."""
    return max(parts, key=worth, default=None)


def either(parts: Iterable[Needs]) -> Needs:
    """Of alternatives: all of theirs, if each has some."""
    found: frozenset[Need] = frozenset()
    for part in parts:
        if not part:
            return None
        found |= part
    return found or None


def contained(column: str, text: str) -> Needs:
    """The longest part of a text that can be looked for."""
    run = max(_RUN.findall(text), key=len, default="").lower()
    return frozenset({Need(column, run)}) if len(run) >= LEAST_TEXT else None


def equal(column: str, text: str) -> Needs:
    """A whole text; what is not ASCII is looked for in parts."""
    if text and _RUN.fullmatch(text):
        return frozenset({Need(column, text.lower(), exact=True)})
    return contained(column, text)


def searched(column: str, pattern: str) -> Needs:
    """The longest text that every match of a pattern holds, where its parts say so."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from re import _constants, _parser  # type: ignore[attr-defined]

        try:
            items = list(_parser.parse(pattern))
        except (re.error, OverflowError, RecursionError):
            return None
    runs, run = [""], ""
    for operation, argument in items:
        run = run + chr(argument) if operation is _constants.LITERAL else ""
        runs.append(run)
    return contained(column, max(runs, key=len))


def of_filter(tree: checker.Meaning, table: Table) -> Needs:
    """The needs of a filter."""
    match tree:
        case checker.All():
            return both(of_filter(item, table) for item in tree.items)
        case checker.Any():
            return either(of_filter(item, table) for item in tree.items)
        case checker.Test(negate=False):
            return either(_of_term(tree.operator, term, table) for term in tree.terms)
    return None


def _of_term(operator: str, term: checker.Term, table: Table) -> Needs:
    return either(_of_value(operator, term.column, table.column(term.column).kind, v) for v in term.values)


def _of_value(operator: str, column: str, kind: Kind, value: Literal) -> Needs:
    if kind in {Kind.TEXT, Kind.LIST, Kind.ADDRESS}:
        if isinstance(value, Pattern):
            return searched(column, value.text)
        if isinstance(value, Exact):
            return equal(column, value.text) if operator == "==" else contained(column, value.text)
    if isinstance(value, Span) and operator == "==" and kind is Kind.INTEGER and value.low == value.high:
        return frozenset({Need(column, int(value.low), exact=True)})
    return None
