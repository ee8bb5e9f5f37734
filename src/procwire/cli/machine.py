"""This machine as the terminal sees it beside an engine: processes, sockets, interfaces, accounts, checks.

Read with the rights of whoever started the terminal, at the moment of the question.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from procwire.api.client import ApiError, Client
from procwire.api.remote import of_dicts, read
from procwire.cli.abilities import SHAPING, frozen, kept_alerts, shaped
from procwire.cli.acting import Acting, exported
from procwire.cli.balancing import Balancing
from procwire.cli.beside import Answering
from procwire.cli.hearing import Hearing
from procwire.cli.passing import Passing
from procwire.cli.recorded import answered
from procwire.cli.shape_tables import PRESETS, SCENARIOS, named_networks, scenarios
from procwire.engine import api
from procwire.model.accounting import ACCOUNTING
from procwire.model.alert_tables import ALERTS
from procwire.model.catalogue_tables import CHECKS
from procwire.model.finding import FINDINGS
from procwire.model.host_tables import PROCESSES
from procwire.model.rows import Check
from procwire.model.socket_tables import SOCKETS
from procwire.model.tables import FLOWS, INTERFACES, PACKETS
from procwire.recorder.listing import INCIDENTS
from procwire.store.place import store_file
from procwire.tui.aside import Query
from procwire.tui.host import Frame, Health, Link, Rows, Said, Want

COUNTERS = "/proc/self/net/dev"  # proc_net(5): of this process's network namespace
CHECKED_SECONDS = 30.0  # what the doctor said is good for so long
REVIEWED_SECONDS = 5.0  # and what became of alerts
MAX_ROWS = 100_000  # of an engine's table in a query


class Machine(Answering):
    """``path``: the socket of the engine whose flows can be asked about too.

    ``hearing`` and ``passing``: who hears conversations, who looks at packets. ``mine``: sockets that no
    process started from here may keep. ``alerts``: where their outbox lies, if not in the usual directory.
    """

    title = "this machine"

    def __init__(
        self, path: str = "", store: str | None = None, *mine: socket.socket,
        hearing: Hearing | None = None, passing: Passing | None = None, alerts: str = "",
    ) -> None:  # fmt: skip
        super().__init__(time.time_ns)
        self.hearing = hearing or Hearing((), "", *mine)
        self.passing = passing or Passing((), "", *mine)
        self.acting = Acting(*mine, alerts=alerts)
        self._outbox = alerts
        self.balancing = Balancing(*mine)
        self._path = path
        self._store = store
        self._kept: list[Any] = []
        self._reviewed = 0.0
        self._checks: list[Check] = []
        self._checked = 0.0
        self._problems: dict[str, tuple[str, ...]] = {}
        self.offers = {
            PROCESSES.name: (PROCESSES, self._processes),
            SOCKETS.name: (SOCKETS, self._sockets),
            INTERFACES.name: (INTERFACES, api.interfaces),
            ACCOUNTING.name: (ACCOUNTING, self.balancing.rows),
            CHECKS.name: (CHECKS, self._doctor),
            SHAPING.name: (SHAPING, shaped),
            INCIDENTS.name: (INCIDENTS, frozen),
            ALERTS.name: (ALERTS, self._alerts),
            PACKETS.name: (PACKETS, tuple),
            PRESETS.name: (PRESETS, named_networks),
            SCENARIOS.name: (SCENARIOS, scenarios),
        }

    def notes(self, table: str) -> tuple[str, ...]:
        """See Answering."""
        return self._problems.get(table, ())

    def health(self, at: int | None) -> Health:  # noqa: ARG002
        """The kernel's counters of each interface."""
        self.hearing.tidy()
        self.passing.tidy()
        self.balancing.tidy()
        return Health(now=time.time_ns(), links=tuple(links(Path(COUNTERS).read_text(encoding="ascii"))))

    def query(self, sql: str) -> Query:
        """Over this machine, the engine, and what was stored."""
        live: dict[str, Any] = {name: offer for name, offer in self.offers.items() if name != PACKETS.name}
        for table in (FLOWS, FINDINGS) if self._path else ():
            live[table.name] = (of_dicts(table), lambda name=table.name: self._of_engine(name))
        store = store_file(self._store) if self._store is not None else None
        return answered(sql, live, store if store is not None and store.exists() else None)

    def conversation(self, flow_id: str) -> tuple[Said, ...]:
        """See tui.host.Host: by Community ID, from the first question on."""
        return self.hearing.conversation(flow_id)

    def rows(self, want: Want) -> Rows:
        """See Answering: packets are asked of who looks at them."""
        return self.passing.rows(want) if want.table == PACKETS.name else super().rows(want)

    def packet(self, number: int) -> Frame:
        """See tui.host.Host."""
        return self.passing.packet(number)

    def act(self, order: str, subject: Mapping[str, Any]) -> str:
        """See tui.host.Host."""
        if order == "export":
            return exported(self.passing.picked, subject)
        self._reviewed = 0.0
        return self.acting.do(order, subject)

    def _alerts(self) -> list[Any]:
        """Read anew now and then, as faces ask every second; at once where one was dealt with here."""
        moment = time.monotonic()
        if not self._reviewed or moment - self._reviewed > REVIEWED_SECONDS:
            self._kept, self._reviewed = kept_alerts(self._outbox), moment
        return self._kept

    def _of_engine(self, name: str) -> Iterable[dict[str, Any]]:
        table = FLOWS if name == FLOWS.name else FINDINGS
        try:
            with Client(self._path, program="procwire top") as client:
                found = client.rows(name, limit=MAX_ROWS)
        except ApiError:
            return []
        return [read(table, found.columns, row) for row in found.rows]

    def _processes(self) -> list[Any]:
        with api.Processes() as processes:
            rows = processes.take()
            self._problems[PROCESSES.name] = tuple(processes.problems)
        return rows

    def _sockets(self) -> list[Any]:
        with api.sockets() as sockets:
            return sockets.take()

    def _doctor(self) -> list[Check]:
        moment = time.monotonic()
        if not self._checks or moment - self._checked > CHECKED_SECONDS:
            self._checks, self._checked = api.examine(), moment
        return self._checks


def links(text: str) -> list[Link]:
    """The lines of /proc/net/dev as counters, loopback last."""
    found = []
    for line in text.splitlines()[2:]:
        name, _, rest = line.partition(":")
        numbers = [int(word) for word in rest.split()]
        if len(numbers) >= 12:
            found.append(Link(name=name.strip(), bytes_in=numbers[0], bytes_out=numbers[8],
                              packets=numbers[1] + numbers[9], dropped=numbers[3] + numbers[11]))  # fmt: skip
    return sorted(found, key=lambda link: (link.name == "lo", -(link.bytes_in + link.bytes_out), link.name))
