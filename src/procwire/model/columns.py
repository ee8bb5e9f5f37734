"""How a column is declared: once, with its type, unit, one true sentence, and how to read it.

The filter, the outputs, the documentation and every face derive from these declarations.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec


class Kind(enum.StrEnum):
    """What a value is inside, and so how it is compared, filtered and printed."""

    TEXT = "text"  # str; "" is "none"
    INTEGER = "integer"  # int
    NUMBER = "number"  # float
    BOOLEAN = "boolean"
    TIME = "time"  # int, ns since 1970 UTC; RFC 3339 in JSON
    DURATION = "duration"  # int, ns; seconds in JSON; None is "not known"
    SIZE = "size"  # int, bytes
    ADDRESS = "address"  # str, IPv4 or IPv6
    LIST = "list"  # list of text


class Free(enum.StrEnum):
    """How a bare word of the filter language looks at a column."""

    CONTAINS = "contains"  # anywhere in it, upper and lower case alike
    PREFIX = "prefix"  # at its start
    EQUALS = "equals"  # only the whole value
    NEVER = "never"


_FREE = {Kind.TEXT: Free.CONTAINS, Kind.LIST: Free.CONTAINS, Kind.ADDRESS: Free.PREFIX}


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column. ``get`` reads the internal value from a row's object; None means not known."""

    name: str
    kind: Kind
    doc: str  # one sentence
    get: Callable[[Any], Any]
    unit: str = ""
    title: str = ""  # heading in tables; the name where empty
    width: int = 0  # preferred characters in a table, 0 for as wide as it needs
    shown: bool = False  # in a table by default
    rank: int = 0  # on a narrow screen the highest rank is left out first; 0 stays
    free: Free | None = None  # None: text and lists CONTAINS, addresses PREFIX, all others NEVER

    @property
    def search(self) -> Free:
        """How a bare word of a filter looks at this column."""
        return self.free or _FREE.get(self.kind, Free.NEVER)

    @property
    def heading(self) -> str:
        """What stands above the column in a table."""
        return self.title or self.name


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A declared table: ``name`` is its SQL name, ``schema`` what its JSON lines carry.

    ``also``: further names that a filter may use, each for one column or for any of several.
    ``key``: columns that together name a row: in a store, a later row takes the place of its namesake.
    ``moment``: the column that says when a row was so; empty where none does.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    version: int = 1
    also: Mapping[str, tuple[str, ...]] = {}
    key: tuple[str, ...] = ()
    moment: str = ""

    @property
    def schema(self) -> str:
        """For example ``procwire.flow/1``."""
        return f"procwire.{self.name}/{self.version}"

    def column(self, name: str) -> Column:
        """Raises KeyError for a name that is not a column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)
