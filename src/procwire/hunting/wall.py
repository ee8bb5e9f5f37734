"""Queries of rules before they are taken: let through by both walls of the store, and asked of rows that are
written down with the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from procwire.detect.fields import PROOF_TIME
from procwire.model.columns import Column, Table
from procwire.store.asking import Limits, Live, Questions
from procwire.store.reason import StoreError
from procwire.store.schema import moment_of

STEP_NS = 1_000_000  # between two rows that do not say when they were
LIMITS = Limits(seconds=5.0, rows=1000)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


class Wall:
    """One connection without a file, for any number of queries. A context manager, for one thread."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = {name: _written(table) for name, table in tables.items()}
        self._live: dict[str, Live] = {}
        self._questions = Questions(tables.values(), store=None, live=self._live, limits=LIMITS)

    def __enter__(self) -> Wall:
        return self

    def __exit__(self, *error: object) -> None:
        self._questions.__exit__(*error)

    def check(self, query: str) -> None:
        """Have SQLite compile it, under the second wall. Raises ValueError."""
        try:
            self._questions.explain(query)
        except StoreError as error:
            raise ValueError(str(error)) from None

    def answers(self, query: str, rows: Rows) -> int:
        """How many rows it finds in these, at most LIMITS.rows. Raises ValueError."""
        for name in {*self._live, *rows}:
            table = self._tables[name]
            dated = _dated(rows.get(name, ()), moment_of(table))
            self._live[name] = (table, lambda dated=dated: dated)  # type: ignore[misc]
        try:
            return len(list(self._questions.ask(query).rows))
        except StoreError as error:
            raise ValueError(str(error)) from None


def _written(table: Table) -> Table:
    """The same table, of rows that are mappings."""
    return msgspec.structs.replace(table, columns=tuple(_from_mapping(column) for column in table))


def _from_mapping(column: Column) -> Column:
    name = column.name
    return msgspec.structs.replace(column, get=lambda row: row.get(name))


def _dated(rows: Sequence[Mapping[str, Any]], moment: str) -> list[Mapping[str, Any]]:
    """Each a moment after the one before it, where it does not say when."""
    return [{moment: PROOF_TIME + number * STEP_NS, **row} for number, row in enumerate(rows)]
