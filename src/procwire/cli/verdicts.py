"""``--filters``: which flows are shown, stored and told of, by the entries of a file; read anew on SIGHUP."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procwire.cli import exit
from procwire.configuration.reason import ConfigurationError
from procwire.engine.options import EngineError
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.configuration.watchlist import Watchlist

Keep = Callable[[Any], bool]
MAX_TOLD = 65_536  # flows whose alert was told; of the oldest it may be told again


def add_filters(parser: argparse.ArgumentParser) -> None:
    """--filters."""
    file = parser.add_argument(
        "--filters", metavar="FILE", default="",
        help="which flows are shown, stored, ignored or told of, by entries in YAML: see procwire filters",
    )  # fmt: skip
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}  # type: ignore[attr-defined]


def watchlist(path: str, table: Any = FLOWS, *, text: str | None = None) -> Watchlist:
    """The filters of a file, or of its text. Raises EngineError with every fault."""
    from procwire.configuration.watchlist import Watchlist

    try:
        return Watchlist(Path(path), table, text=text)
    except ConfigurationError as error:
        raise EngineError(f"filters:\n{error}", exit.USAGE) from None


class Verdicts:
    """What becomes of each flow."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._list = watchlist(path)
        self._told: OrderedDict[int, None] = OrderedDict()

    @property
    def in_force(self) -> dict[str, Any]:
        """What is in force, so that the same is known again: how many entries, and their SHA-256."""
        entries = self._list.entries
        lines = [[one.action.value, one.name, *(each.written for each in one.conditions)] for one in entries]
        written = "\n".join(map(repr, lines))
        from hashlib import sha256

        return {"entries": len(entries), "sha256": sha256(written.encode()).hexdigest()}

    def shows(self, row: Any) -> bool:
        """Whether a flow, or an observation in it, is shown."""
        return self._list.shows(row)

    def stores(self, row: Any) -> bool:
        """Whether it is stored."""
        return self._list.stores(row)

    def tell(self, row: FlowRow) -> None:
        """Say once that an entry asks for the flow to be told of."""
        verdict = self._list.decide(row)
        if not verdict.alerts or row.flow.number in self._told:
            return
        self._told[row.flow.number] = None
        if len(self._told) > MAX_TOLD:
            self._told.popitem(last=False)
        flow = row.flow
        whose = f" of {row.process.name} ({row.process.pid})" if row.process is not None else ""
        words = f"flow {flow.flow_id}{whose}, {flow.src}:{flow.sport} > {flow.dst}:{flow.dport}"
        print(clean(f"procwire: alert: {words}: {verdict.entry}"), file=sys.stderr, flush=True)

    def reload(self, text: str | None = None) -> None:
        """Read the file anew; what is wrong with it leaves the entries as they are.

        ``text``: what stands there, where this process may not read it any more.
        """
        try:
            self._list = watchlist(self.path, text=text)
        except EngineError as error:
            print(f"procwire: {error}\nprocwire: the filters stay as they were", file=sys.stderr)
        else:
            print(f"procwire: {self.path}: {len(self._list.entries)} filters read anew", file=sys.stderr)

    def reload_on_hangup(self) -> None:
        """SIGHUP reads the file anew, where no terminal can be lost."""
        on_hangup(self.reload)


def on_hangup(*reloads: Callable[[], None]) -> None:
    """SIGHUP has all of these read their files anew, where no terminal can be lost."""
    if not reloads or has_terminal():
        return

    def reload(*_: object) -> None:
        for each in reloads:
            each()

    signal.signal(signal.SIGHUP, reload)


def both(keep: Keep | None, verdicts: Verdicts | None) -> Keep | None:
    """What is shown where a filter and verdicts are given."""
    if verdicts is None or keep is None:
        return keep if verdicts is None else verdicts.shows
    return lambda row: keep(row) and verdicts.shows(row)


def has_terminal() -> bool:
    """Whether the process has a terminal of its own, whose loss SIGHUP would mean."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
