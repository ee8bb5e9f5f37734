"""Pictures of the host's tables, as they come from a warden part by part; asked for when they are old.

Nothing waits: who asks for a table that is not there yet asks again later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from procwire.model.columns import Table
from procwire.warden.messages import Pictured

FRESH_SECONDS = 1.0  # a picture is good for so long
PATIENCE_SECONDS = 5.0  # a part is waited for so long
MAX_ROWS = 65_536  # of one table; what is more is let go, and said
LATE = "the warden did not answer in time"

Values = list[Any]


class _Picture:
    __slots__ = ("asked", "before", "coming", "problem", "rows", "since", "taken", "taken_before", "wanted")

    def __init__(self) -> None:
        self.rows: list[Values] = []
        self.before: list[Values] = []
        self.coming: list[Values] = []
        self.taken = self.taken_before = 0.0  # when the last row came
        self.asked = 0.0  # 0 for not asked; else when the last part came
        self.wanted = 0.0  # when what is coming was asked for
        self.since = 0.0  # the same of what is there
        self.problem = ""


class Gallery:
    """``ask`` sends a request for a table. Raises OSError where nobody can be asked."""

    def __init__(self, ask: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._pictures: dict[str, _Picture] = {}

    def rows(self, table: str) -> list[Values] | None:
        """The table as of at most FRESH_SECONDS ago; None while it is being fetched."""
        now = self._clock()
        picture = self._pictures.setdefault(table, _Picture())
        if picture.taken and now - picture.taken < FRESH_SECONDS:
            return picture.rows
        if picture.asked and now - picture.asked < PATIENCE_SECONDS:
            return None
        if picture.asked:
            picture.asked, picture.taken, picture.problem = 0.0, now, LATE
            return picture.rows
        picture.asked = picture.wanted = now
        picture.coming, picture.problem = [], ""
        try:
            self._ask(table)
        except OSError as error:
            picture.asked, picture.taken, picture.problem = 0.0, now, error.strerror or str(error)
            return picture.rows
        return None if picture.asked else picture.rows

    def by_column(self, table: Table) -> list[dict[str, Any]] | None:
        """The same, each row by the table's columns."""
        found = self.rows(table.name)
        names = [column.name for column in table]
        return None if found is None else [dict(zip(names, row, strict=True)) for row in found]

    def before(self, table: str) -> tuple[list[Values], float]:
        """The picture before the last one, and the seconds between the two; none for 0."""
        picture = self._pictures.get(table)
        if picture is None or not picture.taken_before:
            return [], 0.0
        return picture.before, picture.taken - picture.taken_before

    def asked(self, table: str) -> float:
        """When the picture that is there was asked for: it was made since. 0 for none."""
        picture = self._pictures.get(table)
        return picture.since if picture is not None else 0.0

    def problem(self, table: str) -> str:
        """Why a table is not whole; empty where it is."""
        picture = self._pictures.get(table)
        return picture.problem if picture is not None else ""

    def take(self, part: Pictured) -> None:
        """A part has come."""
        picture = self._pictures.get(part.table)
        if picture is None or not picture.asked:
            return
        room = MAX_ROWS - len(picture.coming)
        if len(part.rows) > room:
            picture.problem = f"more than {MAX_ROWS} rows"
        picture.coming += part.rows[: max(0, room)]
        picture.problem = part.problem or picture.problem
        picture.asked = self._clock()
        if part.last:
            picture.before, picture.taken_before = picture.rows, picture.taken
            picture.since = picture.wanted
            picture.rows, picture.coming = picture.coming, []
            picture.taken, picture.asked = picture.asked, 0.0


def own(take: Callable[[str], Iterable[Values]]) -> Gallery:
    """The gallery of who has every right, and looks itself."""
    gallery = Gallery(lambda table: gallery.take(Pictured(table, list(take(table)), last=True)))
    return gallery
