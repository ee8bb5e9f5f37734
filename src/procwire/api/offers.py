"""Tables that an engine offers to faces, and who may see which row of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import msgspec

from procwire.model.columns import Table

ALL, OWN = "all", "own"


class Viewer(msgspec.Struct, frozen=True):
    """Who looks, as the kernel says it of the other end of a socket (SO_PEERCRED, unix(7))."""

    uid: int
    all: bool = False  # root, and members of the group
    pid: int = 0

    @property
    def sees(self) -> str:
        """all or own."""
        return ALL if self.all else OWN


def flat(table: Table) -> Table:
    """A declared table whose rows are lists of inner values, in the order of its columns."""
    columns = tuple(
        msgspec.structs.replace(column, get=itemgetter(place)) for place, column in enumerate(table.columns)
    )
    return msgspec.structs.replace(table, columns=columns)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One table. ``rows``: as of now; None where they are still being fetched, and to be asked for again.

    ``owned``: whether a row is that user's; None: everybody may see every row.
    ``feed``: whether what happens in it is told to subscribers.
    ``reasons``: why the rows are not all that happened.
    """

    table: Table
    rows: Callable[[], Iterable[Any] | None]
    owned: Callable[[Any, int], bool] | None = None
    feed: bool = False
    reasons: Callable[[], tuple[str, ...]] = tuple

    def visible(self, viewer: Viewer) -> Callable[[Any], bool] | None:
        """The test of a row for this viewer; None where every row passes."""
        owned = self.owned
        if viewer.all or owned is None:
            return None
        uid = viewer.uid
        return lambda row: owned(row, uid)
