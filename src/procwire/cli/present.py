"""Tables of now for ``procwire query``: read from this host, or asked of a running daemon.

A daemon's flows, observations, findings and accounting of now are ``flow_now``, ``observation_now``,
``finding_now`` and ``accounting_now``, as ``flow`` is what was stored; ``health`` is never stored, and
``traffic`` is what interfaces count now, ``store.traffic`` what they counted. Where this user may not look at
the whole host and a daemon answers that may, processes and sockets come from it too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from procwire.api.client import ApiError
from procwire.api.messages import SOCKET
from procwire.api.remote import of_dicts
from procwire.cli import far
from procwire.engine import api
from procwire.model.accounting import ACCOUNTING
from procwire.model.columns import Table
from procwire.model.finding import FINDINGS
from procwire.model.health import HEALTH
from procwire.model.host_tables import PROCESSES
from procwire.model.observed import OBSERVED
from procwire.model.socket_tables import SOCKETS
from procwire.model.tables import FLOWS, INTERFACES
from procwire.model.traffic import TRAFFIC
from procwire.store.asking import Live, QueryError

NOW = "_now"
FOR_ALL = frozenset({HEALTH.name, TRAFFIC.name, ACCOUNTING.name})  # whose rows everybody sees


def _now(table: Table) -> Table:
    return msgspec.structs.replace(table, name=table.name + NOW, key=(), moment="")


# Name in SQL -> the table that a daemon has.
ASKED: dict[str, Table] = {
    **{table.name + NOW: table for table in (FLOWS, OBSERVED, FINDINGS, ACCOUNTING)},
    HEALTH.name: HEALTH,
    TRAFFIC.name: TRAFFIC,
}
OF_A_DAEMON = tuple(_now(table) if name.endswith(NOW) else table for name, table in ASKED.items())


class Host:
    """What is read at the moment of the question; ``problems``: what could not be, in lines.

    ``path``: the socket of a daemon; where none is named, the usual one.
    """

    def __init__(self, path: str = "") -> None:
        self.problems: list[str] = []
        self._path = path or SOCKET
        self._through = bool(path) or (os.geteuid() != 0 and far.sees_all(self._path, "procwire query"))

    def tables(self) -> dict[str, Live]:
        """Each table, and how its rows are had."""
        own: dict[str, Live] = {
            "process": (PROCESSES, self._processes),
            "socket": (SOCKETS, self._sockets),
            "interface": (INTERFACES, api.interfaces),
        }
        if self._through:
            own |= {table.name: (of_dicts(table), self._of(table)) for table in (PROCESSES, SOCKETS)}
        return own | {
            name: (of_dicts(_now(table) if name.endswith(NOW) else table), self._of(table))
            for name, table in ASKED.items()
        }

    def _of(self, table: Table) -> Callable[[], Iterable[Any]]:
        return lambda: self._asked(table)

    def _asked(self, table: Table) -> list[dict[str, Any]]:
        try:
            found = far.ask(self._path, table, "procwire query", for_all=table.name in FOR_ALL)
        except ApiError as error:
            raise QueryError(f"{table.name} as it is now: {error}") from None
        self.problems += found.problems
        return found.rows

    def _processes(self) -> Iterable[Any]:
        with api.Processes() as processes:
            yield from processes.take()

    def _sockets(self) -> Iterable[Any]:
        with api.sockets() as found:
            yield from found.take(unix=True)
            self.problems += [problem for problem in found.problems if "left out" in problem]
