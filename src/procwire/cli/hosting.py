"""The tables of the host that a daemon offers: processes, sockets, interfaces and who answers for packets.

An engine in its cell may not look: its warden makes pictures, at most one of each table a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from procwire.api.offers import Offer, flat
from procwire.model import traffic
from procwire.model.accounting import ACCOUNTING, AccountingRow
from procwire.model.columns import Table
from procwire.model.host_tables import PROCESSES
from procwire.model.socket_tables import SOCKETS
from procwire.model.traffic import TRAFFIC, TrafficRow
from procwire.warden.gallery import Gallery, own

if TYPE_CHECKING:
    from procwire.engine.api import Standing, Watching


def offers(host: Host) -> list[Offer]:
    """Four tables; empty until there is a watch."""
    return [
        Offer(
            table=flat(PROCESSES), rows=lambda: host.rows(PROCESSES), owned=_is(PROCESSES, "uid"),
            reasons=lambda: host.why(PROCESSES),
        ),
        Offer(
            table=flat(SOCKETS), rows=lambda: host.rows(SOCKETS), owned=_is(SOCKETS, "socket_uid", "uid"),
            reasons=lambda: host.why(SOCKETS),
        ),
        Offer(table=TRAFFIC, rows=host.traffic, reasons=lambda: host.why(TRAFFIC)),
        Offer(table=ACCOUNTING, rows=host.accounting, reasons=host.uncounted),
    ]  # fmt: skip


class Host:
    """``watching``: the watch, once there is one."""

    def __init__(self, watching: Callable[[], Watching | None]) -> None:
        self._watching = watching
        self._own: Gallery | None = None
        self._standing: Standing | None = None

    def rows(self, table: Table) -> list[Any] | None:
        """See Offer."""
        gallery = self._gallery()
        return gallery.rows(table.name) if gallery is not None else []

    def why(self, table: Table) -> tuple[str, ...]:
        """See Offer."""
        gallery = self._gallery()
        problem = gallery.problem(table.name) if gallery is not None else "nothing is watched yet"
        return (f"{table.name}: {problem}",) if problem else ()

    def traffic(self) -> Iterable[TrafficRow] | None:
        """See Offer."""
        watching, gallery = self._watching(), self._gallery()
        found = self.rows(TRAFFIC)
        if found is None or watching is None or gallery is None:
            return None if found is None else []
        rows, seconds = gallery.before(TRAFFIC.name)
        before = {str(row[0]): row for row in rows}
        watched, missed = set(watching.source.listening), watching.source.drops()
        return [
            msgspec.structs.replace(
                traffic.row(row, before.get(str(row[0])), seconds),
                watched=row[0] in watched,
                missed=missed.get(row[0], 0) if row[0] in watched else None,
            )
            for row in found
        ]

    def standing(self) -> Standing | None:
        """Who answers for packets; None where they are not counted at the sockets."""
        watching, gallery = self._watching(), self._gallery()
        if self._standing is None and watching is not None and gallery is not None:
            if watching.counting is not None:
                from procwire.engine.api import Standing

                self._standing = Standing(watching.counting, gallery, TRAFFIC.name)
        return self._standing

    def begin(self) -> None:
        """Have a first look at what interfaces count; to be called until it is had."""
        standing = self.standing()
        if standing is not None and not standing.begun:
            standing.rows()

    def accounting(self) -> Iterable[AccountingRow] | None:
        """See Offer."""
        standing = self.standing()
        return standing.rows() if standing is not None else []

    def uncounted(self) -> tuple[str, ...]:
        """See Offer."""
        watching = self._watching()
        if watching is None or watching.counting is not None:
            return self.why(TRAFFIC)
        why = watching.source_problem or f"--source {watching.source_name}"
        return (f"{ACCOUNTING.name}: packets are not counted at their sockets here: {why}",)

    def _gallery(self) -> Gallery | None:
        watching = self._watching()
        if watching is None:
            return None
        if watching.warden is not None:
            return watching.warden.gallery
        if self._own is None:  # one process with every right: it looks itself
            from procwire.engine.api import pictures

            self._own = own(pictures().take)
        return self._own


def _is(table: Table, *names: str) -> Callable[[Any, int], bool]:
    """Whether one of these columns has the user's id."""
    places = [[column.name for column in table].index(name) for name in names]
    return lambda row, uid: any(row[place] == uid for place in places)
