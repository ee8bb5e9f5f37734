"""The tables that are offered, by name: compiled filters, ways to read cells, and what is told of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from procwire.api.messages import ColumnTold, Failed, TableTold
from procwire.api.offers import Offer, Viewer
from procwire.model.columns import Column, Table
from procwire.model.filter import FilterError, checker, compile_filter
from procwire.model.filter.checker import Meaning
from procwire.model.filter.fault import nearest
from procwire.model.filter.literals import Pattern
from procwire.model.filter.pattern import tries
from procwire.model.observed import anything, observed
from procwire.model.plain import Reader, readers

OBSERVATION = "observation"
MAX_TRIES = 32 * 1024  # of a pattern from one place, one repeat without an end and 30 characters behind it:
# whoever asks must not keep an engine from its packets
Match = Callable[[Any], bool]


class AskedError(Exception):
    """What was asked cannot be done; ``failed`` says it to who asked."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class Catalogue:
    """``offers``: the tables of now. ``kinds``: the protocols' tables; ``observation`` has their rows."""

    def __init__(self, offers: Iterable[Offer], kinds: Sequence[Table] = ()) -> None:
        self._offers = {offer.table.name: offer for offer in offers}
        self._kinds = {table.name: table for table in kinds}
        self._seen: dict[str, Table] = {}
        self._any: Table | None = None

    def offer(self, name: str, number: int) -> Offer:
        """The table of that name, a protocol's too. Raises AskedError."""
        found = self._offers.get(name)
        if found is not None:
            return found
        if name in self._kinds and OBSERVATION in self._offers:
            return self._kind(name)
        names = (*self._offers, *self._kinds)
        raise AskedError(
            Failed(number, "table", f"no table of now is called {name!r}", hint=nearest(name, names))
        )

    def kinds(self, names: Iterable[str], number: int) -> dict[str, Table]:
        """Protocols' tables with the columns of their flows. Raises AskedError."""
        found = {}
        for name in names:
            if name not in self._kinds:
                hint = nearest(name, self._kinds)
                raise AskedError(
                    Failed(number, "table", f"no table of observations is called {name!r}", hint=hint)
                )
            found[name] = self._table(name)
        return found

    def now(self, name: str) -> Iterable[Any]:
        """The rows of a table as of now; none where it is not offered, or being fetched."""
        offer = self._offers.get(name)
        return (offer.rows() or ()) if offer is not None else ()

    def match(self, text: str, table: Table, number: int, now: int) -> Match | None:
        """A filter over a table, compiled; None for none. Raises AskedError."""
        if not text:
            return None
        try:
            made = compile_filter(text, self._searched(table), now=now)
            slow = next((each for each in _patterns(made.tree) if tries(each) > MAX_TRIES), None)
            if slow is not None:
                words = (
                    "this pattern could take so long that packets are lost: at most one repeat without an end"
                )
                raise FilterError(words, text, max(0, text.find(slow)), len(slow))
            return made.matches
        except FilterError as error:
            failed = Failed(
                number, "filter", error.message, at=error.at, length=error.length, hint=error.hint
            )
            raise AskedError(failed) from None

    def anything(self) -> Table:
        """What a filter over observations of any kind may name."""
        if self._any is None:
            self._any = anything(self._kinds.values())
        return self._any

    def told(self) -> Iterator[TableTold]:
        """Every table, as faces are told of it."""
        for offer in self._offers.values():
            yield _told(offer.table, feed=offer.feed)
        for table in self._kinds.values() if OBSERVATION in self._offers else ():
            yield _told(observed(table), feed=True)

    def _searched(self, table: Table) -> Table:
        return self.anything() if table.name == OBSERVATION else table

    def _kind(self, name: str) -> Offer:
        """The observations of one kind, out of all."""
        whole = self._offers[OBSERVATION]

        def rows() -> Iterable[Any] | None:
            found = whole.rows()
            return None if found is None else (row for row in found if name == row.seen.TABLE)

        return Offer(
            table=self._table(name), rows=rows, owned=whole.owned, feed=whole.feed, reasons=whole.reasons
        )

    def _table(self, name: str) -> Table:
        if name not in self._seen:
            self._seen[name] = observed(self._kinds[name])
        return self._seen[name]


def _patterns(tree: Meaning) -> Iterator[str]:
    """Every pattern of a filter."""
    match tree:
        case checker.Test():
            for term in tree.terms:
                yield from (value.text for value in term.values if isinstance(value, Pattern))
        case checker.Opposite():
            yield from _patterns(tree.item)
        case checker.All() | checker.Any():
            for item in tree.items:
                yield from _patterns(item)


def columns_of(table: Table, names: Sequence[str], number: int) -> list[Column]:
    """Those that are named, all for none. Raises AskedError."""
    if not names:
        return list(table.columns)
    known = {column.name: column for column in table}
    for name in names:
        if name not in known:
            raise AskedError(
                Failed(number, "column", f"{name} is not a column of {table.name}", hint=nearest(name, known))
            )
    return [known[name] for name in names]


def readers_of(table: Table, names: Sequence[str], number: int) -> list[Reader]:
    """How the cells of these columns are read. Raises AskedError."""
    return readers(columns_of(table, names, number))


def seen_by(match: Match | None, offer: Offer, viewer: Viewer) -> Match | None:
    """What both the filter and the viewer's rights let through; None for everything."""
    visible = offer.visible(viewer)
    if match is None or visible is None:
        return visible if match is None else match
    return lambda row: visible(row) and match(row)


def _told(table: Table, *, feed: bool) -> TableTold:
    return TableTold(
        name=table.name,
        doc=table.doc,
        version=table.version,
        columns=tuple(
            ColumnTold(
                name=each.name, kind=each.kind.value, doc=each.doc, unit=each.unit, title=each.title,
                width=each.width, shown=each.shown, rank=each.rank,
            )
            for each in table
        ),
        feed=feed,
    )  # fmt: skip
