"""The part of a row's context that knows places and registered domains, by what ``geo.book`` has learned."""

from __future__ import annotations

from procwire.detect.suffixes import registered
from procwire.geo.book import book
from procwire.model.rows import Place, RowContext


class Placed(RowContext):
    """Derive from it, as the engine's context does."""

    def place(self, address: str) -> Place:
        """See RowContext."""
        return book().place(address)

    def domain(self, name: str) -> str:
        """See RowContext."""
        return registered(name) if name and book().labels else ""
