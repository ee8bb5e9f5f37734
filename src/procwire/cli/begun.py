"""What flows said first, kept by a daemon that is told to (``--beginnings``) and offered to its faces.

Off unless asked for: a watch keeps no content by itself. ``procwire top`` asks the daemon of its own for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from procwire.api.book import Book, is_of
from procwire.api.offers import Offer
from procwire.model.beginning import BEGINNINGS, BeginningRow
from procwire.model.health import HealthRow
from procwire.model.values import human_size

if TYPE_CHECKING:
    from procwire.engine.api import Beginnings


class Begun:
    """``book``: the flows that faces are told of; content of others is not told."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._kept: Beginnings | None = None

    def tap(self, keys: Any, inner: Any) -> Beginnings:
        """See engine.keys.Tapped."""
        from procwire.engine.api import Beginnings

        self._kept = Beginnings(keys, inner)
        return self._kept

    def offer(self) -> Offer:
        """The table."""
        return Offer(table=BEGINNINGS, rows=self._rows, owned=is_of, reasons=self._why)

    def health(self) -> Iterator[HealthRow]:
        """How much is kept, and what had to go."""
        kept = self._kept
        if kept is not None:
            words = f"of {len(kept):,} flows; {kept.evicted:,} older ones made room"
            yield HealthRow(part="flows", name="beginnings", amount=kept.held, detail=words)

    def _rows(self) -> Iterable[BeginningRow]:
        kept = self._kept
        if kept is None:
            return ()
        flows = self._book.flows()
        return (BeginningRow(flow, kept, self._book.context) for flow in flows if kept.kept(flow))

    def _why(self) -> tuple[str, ...]:
        kept = self._kept
        if kept is None or not kept.evicted:
            return ()
        return (f"beginnings of {kept.evicted:,} older flows made room: {human_size(kept.held)} are kept",)
