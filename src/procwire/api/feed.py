"""One subscription: which events of which table, as which cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from procwire.api.answering import STRIDE, Answer
from procwire.api.catalogue import OBSERVATION, AskedError, Catalogue, readers_of, seen_by
from procwire.api.messages import Event, Failed, Subscribe
from procwire.api.offers import Offer, Viewer
from procwire.model.plain import Reader, cells

LEAST_SECONDS = 0.5  # between two updates


class Feed:
    """Made of a request. Raises AskedError. ``lost``: events that were not told since it was last said."""

    def __init__(self, catalogue: Catalogue, asked: Subscribe, viewer: Viewer, now: int) -> None:
        self.id = asked.id
        self.lost = 0
        self.offer: Offer = catalogue.offer(asked.table, asked.id)
        if not self.offer.feed:
            raise AskedError(Failed(asked.id, "table", f"nothing is told of {asked.table} as it happens"))
        table = self.offer.table
        self._match = seen_by(catalogue.match(asked.filter, table, asked.id, now), self.offer, viewer)
        self._how: dict[str, list[Reader]] = {}
        self._single = asked.table
        kinds = catalogue.kinds(asked.kinds, asked.id)
        if asked.every and asked.table != "flow":
            raise AskedError(Failed(asked.id, "table", "updates are of flows: observations are made once"))
        if kinds and asked.table != OBSERVATION:
            raise AskedError(Failed(asked.id, "table", f"kinds are of {OBSERVATION}"))
        for name, kind in kinds.items():
            self._how[name] = readers_of(kind, asked.columns, asked.id)
        if not kinds:
            self._how[asked.table] = readers_of(table, asked.columns, asked.id)
        self._by_kind = bool(kinds)
        self._every = max(LEAST_SECONDS, asked.every) if asked.every else 0.0
        self._due = 0.0
        self._since = 0  # packet time of the flow that was last told of in an update

    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns of the events of each table."""
        return {table: tuple(name for name, _, _ in how) for table, how in self._how.items()}

    def wants(self, table: str, row: Any) -> bool:
        """Whether an event is for this feed, as far as is seen at a glance."""
        if table != OBSERVATION:
            return table == self._single
        if self._by_kind:
            return row.seen.TABLE in self._how
        return self._single in (OBSERVATION, row.seen.TABLE)

    def see(self, table: str, event: str, row: Any) -> Event | None:
        """The event as it is told; None where it is not for this feed."""
        if not self.wants(table, row) or (self._match is not None and not self._match(row)):
            return None
        return self._event(event, row)

    def begin(self, now: float) -> None:
        """From here on updates fall due."""
        self._due = now + self._every

    def due(self, now: float) -> bool:
        """Whether it is time for updates."""
        return bool(self._every) and now >= self._due

    def update(self, now: float, wall: int) -> Answer:
        """An event for each open row that changed since the update before; ``wall``: ns since 1970."""
        self._due = now + self._every
        self._since = min(self._since, wall)  # the clock was set back: what passes now is before what passed
        return self._changed()

    def snapshot(self) -> Answer:
        """An event for each row that is there, and one that says that these are all."""
        while (found := self.offer.rows()) is None:
            yield None
        for seen, row in enumerate(found, 1):
            if self._match is None or self._match(row):
                over = bool(getattr(getattr(row, "flow", None), "ended", "")) and self._single == "flow"
                yield self._event("end" if over else "open", row)
            if not seen % STRIDE:
                yield None
        yield Event(id=self.id, event="now")

    def _changed(self) -> Iterator[Event | None]:
        since = self._since
        for seen, row in enumerate(self.offer.rows() or (), 1):
            flow = row.flow
            if not flow.ended and flow.last > since:
                self._since = max(self._since, flow.last)
                if self._match is None or self._match(row):
                    yield self._event("update", row)
            if not seen % STRIDE:
                yield None

    def _event(self, event: str, row: Any) -> Event:
        table = row.seen.TABLE if self._by_kind else self._single
        return Event(id=self.id, event=event, table=table, row=cells(row, self._how[table]))
