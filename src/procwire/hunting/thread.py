"""A hunter on a thread of its own, beside a watch: findings are fetched from it, and nothing waits for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from procwire.detect.rule import Rule
from procwire.hunting.hunter import Hunter
from procwire.model.columns import Table
from procwire.model.finding import Finding
from procwire.store.reason import StoreError

WAIT_SECONDS = 1.0
LAST_SECONDS = 20.0  # what a watch asks at the end may take so long
MAX_WAITING = 10_000  # findings that nobody fetched; beyond, they are counted


class Hunt:
    """``fetch`` gives what was found since, in rows that were stored after this was made.

    The first call with rules starts the thread, which is as confined as the process is by then; its files
    were opened when this was made. ``patient``: its end is waited for. Raises StoreError.
    """

    def __init__(
        self, rules: Sequence[Rule], tables: Mapping[str, Table], store: Path, *, patient: bool = False
    ) -> None:
        self._hunter = Hunter((), tables, store, new=True)
        self._wait = None if patient else LAST_SECONDS
        self._rules: Sequence[Rule] | None = rules
        self._found: deque[Finding] = deque()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="rules", daemon=True)
        self.lost = 0
        self.problem = ""
        self.stopped: dict[str, str] = {}

    def take(self, rules: Sequence[Rule]) -> None:
        """These rules from the next look on."""
        self._rules = rules

    def fetch(self) -> list[Finding]:
        """What was found since the last call."""
        if self._thread.ident is None and self._rules:
            self._thread.start()
        return [self._found.popleft() for _ in range(len(self._found))]

    def finish(self) -> list[Finding]:
        """Ask once more, all rules, and end; what was found. Rows must be flushed to the store before."""
        self._stopping = True
        self._wake.set()
        found = self.fetch()
        if self._thread.ident is None:
            self._hunter.__exit__()
            return found
        self._thread.join(self._wait)
        if self._thread.is_alive():
            self.problem = (
                self.problem or f"rules with windows took longer than {LAST_SECONDS:g} s at the end"
            )
        return [*found, *self._found]

    def _work(self) -> None:
        try:
            with self._hunter as hunter:
                while not self._stopping:
                    self._step(hunter, last=False)
                    self._wake.wait(WAIT_SECONDS)
                self._step(hunter, last=True)
        except (StoreError, OSError, MemoryError) as error:
            self.problem = f"rules with windows ended: {error}"

    def _step(self, hunter: Hunter, *, last: bool) -> None:
        rules, self._rules = self._rules, None
        if rules is not None:
            hunter.take(rules)
        for finding in hunter.step(time.time_ns(), all_due=last):
            if len(self._found) >= MAX_WAITING:
                self.lost += 1
                continue
            self._found.append(finding)
        self.stopped = dict(hunter.stopped)
