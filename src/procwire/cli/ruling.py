"""The rules of a run, and how others take their place while it goes on.

Rules are read anew on a thread of their own, so that nothing waits; the new set takes the old one's place
whole, between two events. Where any file of it is wrong, the set stays as it is, and one line says why.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from procwire.cli import exit
from procwire.engine.api import ExtensionError, RuleSet, rule_directories, rules
from procwire.engine.options import EngineError
from procwire.model.columns import Table
from procwire.model.values import clean


class Ruling:
    """``set``: the rules over single rows; ``windowed``: those over stored ones. Raises EngineError."""

    def __init__(self, directories: Sequence[str]) -> None:
        self._directories = list(directories)
        self._usual = rule_directories()
        try:
            found, wrong, tables = rules(self._directories, before=self._usual)
        except ExtensionError as error:
            raise EngineError(str(error), exit.USAGE) from None
        for line in wrong:
            print(f"procwire: {clean(line)}", file=sys.stderr)
        self.tables: Mapping[str, Table] = tables
        self.set = RuleSet(found, tables)
        self._new: RuleSet | None = None
        self._thread: threading.Thread | None = None

    @property
    def windowed(self) -> list[Any]:
        """The rules that look at stored rows."""
        return self.set.windowed

    @property
    def read(self) -> frozenset[str]:
        """All tables that rules look at."""
        return self.set.tables | {name for rule in self.set.windowed for name in rule.table.split(", ")}

    def reload(self) -> None:
        """Begin to read the rules anew; ``changed`` takes them over. May be called from a signal handler."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._read, name="rule files", daemon=True)
            self._thread.start()

    def changed(self) -> bool:
        """Take over a set that was read since, if there is one; whether there was."""
        new, self._new = self._new, None
        if new is None:
            return False
        self.set = new
        return True

    @property
    def places(self) -> tuple[str, ...]:
        """Files and directories that it reads."""
        return (*self._usual, *self._directories)

    def _read(self) -> None:
        try:
            found, wrong, tables = rules(self._directories, before=self._usual)
        except (ExtensionError, OSError) as error:
            wrong, found = [str(error)], []
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            print(
                f"procwire: the rules stay as they were: {clean(wrong[0])}{more}", file=sys.stderr, flush=True
            )
            return
        self._new = RuleSet(found, tables, before=self.set)
        print(f"procwire: {len(found)} rules read anew", file=sys.stderr, flush=True)
