"""From a daemon's feed to a tally: hears events until it is stopped; a daemon that has gone is sought."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from procwire.api.client import ApiError, Client, Feeding
from procwire.api.messages import Event
from procwire.metrics.tally import FLOW_COLUMNS, GAUGE, Family, Tally, of_health

EVERY = 5.0  # seconds between updates of open flows
WAIT = 0.5  # seconds that one look for events lasts at most
AGAIN = (1.0, 30.0)  # seconds between two tries to find the daemon: the first, and the most
MOST_FINDINGS = 10_000  # that wait to be told

Open = Callable[[], Client]


class Collector:
    """One thread calls ``run``; any may call the others. ``problem``: why nothing comes now."""

    def __init__(self, connect: Open) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._tally = Tally()
        self._health: list[dict[str, Any]] = []
        self._found: deque[tuple[int, dict[str, Any]]] = deque(maxlen=MOST_FINDINGS)
        self._stop = threading.Event()
        self._lost = 0
        self._before: dict[int, bool] = {}  # feed -> whether its snapshot is being told
        self.problem = ""
        self.connected = threading.Event()

    def run(self) -> None:
        """Until ``stop``. Raises ApiError where there was no daemon to begin with."""
        client: Client | None = self._connect()
        while client is not None:
            try:
                with client:
                    self._hear(client)
            except ApiError as error:
                self.problem = str(error)
            self.connected.clear()
            client = self._again()

    def stop(self) -> None:
        """End ``run`` soon."""
        self._stop.set()

    def families(self) -> list[Family]:
        """As of now."""
        with self._lock:
            doc = "1 while the daemon is there, else 0."
            up = Family(name="procwire_up", kind=GAUGE, doc=doc, samples={(): float(self.connected.is_set())})
            return [up, *self._tally.families(), *of_health(self._health)]

    def findings(self) -> list[tuple[int, dict[str, Any]]]:
        """Those that were not taken yet, each with the time it was heard of, ns since 1970."""
        with self._lock:
            taken = list(self._found)
            self._found.clear()
            return taken

    def put_back(self, findings: list[tuple[int, dict[str, Any]]]) -> None:
        """They could not be told; older ones give way where there are too many."""
        with self._lock:
            self._found.extendleft(reversed(findings[-(MOST_FINDINGS - len(self._found)) :]))

    def _again(self) -> Client | None:
        """Another connection, however long that takes; None once it is stopped."""
        wait = AGAIN[0]
        while not self._stop.wait(wait):
            wait = min(2 * wait, AGAIN[1])
            try:
                client = self._connect()
            except ApiError as error:
                self.problem = str(error)
                continue
            with self._lock:
                self._tally.reconnected()
                self._lost = 0
            return client
        return None

    def _hear(self, client: Client) -> None:
        flows = client.subscribe("flow", columns=FLOW_COLUMNS, every=EVERY, snapshot=True)
        seen = client.subscribe("observation", columns=("table",))
        found = client.subscribe("finding")
        self._before = {flows.id: True}
        self.problem = ""
        self.connected.set()
        looked = 0.0
        while not self._stop.is_set():
            events = list(client.events(WAIT))
            health = client.health() if time.monotonic() - looked > EVERY else None
            looked = looked if health is None else time.monotonic()
            with self._lock:
                for event in events:
                    self._take(event, (flows, seen, found))
                if health is not None:
                    self._health = health
                lost = sum(client.lost.values())
                self._tally.lost(lost - self._lost)
                self._lost = lost

    def _take(self, event: Event, feeds: tuple[Feeding, Feeding, Feeding]) -> None:
        flows, seen, _ = feeds
        if event.event == "now":
            self._before[event.id] = False
            return
        feed = next((each for each in feeds if each.id == event.id), None)
        if feed is None:
            return
        row: Mapping[str, Any] = dict(zip(feed.columns[event.table], event.row, strict=True))
        if feed is flows:
            self._tally.flow(event.event, row, before=self._before.get(flows.id, False))
        elif feed is seen:
            self._tally.seen(str(row.get("table") or event.table))
        else:
            self._tally.found(row)
            self._found.append((time.time_ns(), dict(row)))
