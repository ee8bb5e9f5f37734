"""``--store``: what a command sees is kept as well as shown."""

from __future__ import annotations

import argparse
import contextlib
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procwire.cli.arguments import duration, size
from procwire.cli.detecting import Detecting, add_finding
from procwire.cli.verdicts import Verdicts
from procwire.engine.options import EngineError
from procwire.model.flow import Flow
from procwire.model.listening import Silent, hears
from procwire.model.observation import Observation
from procwire.model.rows import FlowRow
from procwire.model.values import time_text
from procwire.store.place import store_file
from procwire.store.reason import StoreError
from procwire.store.retention import Limits

if TYPE_CHECKING:  # loaded where alerts are made, and where rows are stored
    from procwire.cli.alerting import Alerting
    from procwire.cli.sampling import Sampling
    from procwire.store.keeping import Keeper
    from procwire.store.writer import Writer


def add_store(parser: argparse.ArgumentParser) -> None:
    """--store and how much it may hold."""
    place = parser.add_argument(
        "--store", nargs="?", const="", metavar="DIR",
        help="also keep flows, observations, processes and findings in DIR (default /var/lib/procwire, for "
        "others than root ~/.local/state/procwire) for procwire history, flow and query",
    )  # fmt: skip
    place.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_directories", "tcsh": "d"}  # type: ignore[attr-defined]
    parser.add_argument(
        "--store-age", type=duration, default=Limits().age_ns, metavar="SPAN",
        help="forget what was stored longer ago (default 30d)",
    )  # fmt: skip
    parser.add_argument(
        "--store-size", type=size, default=Limits().size_bytes, metavar="SIZE",
        help="forget the oldest where the file grows beyond SIZE (default 1GB)",
    )  # fmt: skip
    add_finding(parser)


def folders(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Where files of the store come and go."""
    return () if arguments.store is None else (str(store_file(arguments.store).parent),)


def detecting(
    arguments: argparse.Namespace, keeper: Keeper | None, face: Any, alerts: Alerting | None = None
) -> tuple[Detecting | None, Detecting | None]:
    """(detectors for what is stored, frozen or told, where no face runs them; whichever there are).

    Before the process shuts itself in: files and events that rules look at are opened here.
    """
    stored = keeper is not None and not arguments.no_findings
    asked = bool(getattr(arguments, "freeze_on", ())) or getattr(arguments, "ledger", None) is not None
    wanted = stored or alerts is not None or asked
    own = Detecting(arguments) if wanted and arguments.findings is None else None
    found: Detecting | None = own or getattr(face, "detecting", None)
    if found is not None and keeper is not None:
        found.keep(keeper, patient=not keeper.live)
    if found is not None and alerts is not None:
        alerts.row = found.row
        found.takers.append(alerts.take)
    return own, found


class Kept(Silent):
    """A face, and a keeper that is told the same: in the place of the face. Filters say what either is told.

    ``detecting``: detectors of the keeper's own, where the face brings none.
    """

    def __init__(
        self,
        face: Any,
        keeper: Keeper | None,
        verdicts: Verdicts | None = None,
        detecting: Detecting | None = None,
        alerts: Alerting | None = None,
    ) -> None:
        self.face = face
        self.keeper = keeper
        self.verdicts = verdicts
        self.detecting = detecting
        self.alerts = alerts
        self.sampling: Sampling | None = None
        if keeper is not None and verdicts is not None:
            keeper.wanted = verdicts.stores

    def opened(self, flow: Flow) -> None:
        """See engine.pipeline.Listener."""
        if self.detecting is not None:
            self.detecting.opened(flow)
        if hears(self.face, "opened"):
            self.face.opened(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See engine.pipeline.Listener and model.listening.Audience."""
        if self.keeper is not None:
            self.keeper.observed(flow, observation)
        if self.detecting is not None:
            self.detecting.observed(flow, observation)
        if self.verdicts is None or not flow.number or self.verdicts.shows(self._row(flow)):
            self.face.observed(flow, observation)

    def ended(self, flow: Flow) -> None:
        """See engine.pipeline.Listener."""
        if self.keeper is not None:
            self.keeper.ended(flow)
        if self.detecting is not None:
            self.detecting.ended(flow)
        if self._shown(flow):
            self.face.ended(flow)

    def told(self, event: str, flow: Flow) -> None:
        """See model.listening.Audience."""
        if self.keeper is not None:
            self.keeper.told(event, flow)
        if self.detecting is not None:
            self.detecting.told(event, flow)
        if self._shown(flow):
            self.face.told(event, flow)

    def _shown(self, flow: Flow) -> bool:
        if self.verdicts is None:
            return True
        row = self._row(flow)
        self.verdicts.tell(row)
        return self.verdicts.shows(row)

    def _row(self, flow: Flow) -> FlowRow:
        return FlowRow(flow, self.face.context) if self.face.context is not None else FlowRow(flow)

    def ticked(self, now: int) -> None:
        """See model.listening.Audience."""
        if self.keeper is not None:
            self.keeper.begin()
        if self.sampling is not None:
            self.sampling.turn(time.monotonic())
        if self.detecting is not None:
            self.detecting.ticked(now)
        if self.alerts is not None:
            self.alerts.ticked(now)
        self.face.ticked(now)


def recordings(names: Sequence[str]) -> str:
    """Files by path, size and age: words that a later reading of the same ones has too. Empty for a pipe."""
    found = []
    for name in names:
        try:
            seen = Path(name).stat()
        except OSError:
            return ""
        if not stat.S_ISREG(seen.st_mode):
            return ""
        found.append(f"{Path(name).absolute()} ({seen.st_size} bytes of {time_text(seen.st_mtime_ns)})")
    return ", ".join(found)


@contextlib.contextmanager
def storing(
    arguments: argparse.Namespace, *, source: str, live: bool = False, anew: bool = False
) -> Iterator[Keeper | None]:
    """A Keeper with a writer behind it where ``--store`` was given; says at the end what was stored and lost.

    ``anew``: what was stored of this source before goes first. ``arguments.store_lost``: rows that were lost,
    at the end.
    """
    arguments.store_lost = 0
    if arguments.store is None:
        yield None
        return
    from procwire.engine.catalogue import interfaces, tables
    from procwire.store.contents import contents
    from procwire.store.keeping import Keeper
    from procwire.store.writer import Writer

    limits = Limits(age_ns=arguments.store_age, size_bytes=arguments.store_size)
    try:
        writer = Writer(
            store_file(arguments.store), contents(tables()), command=arguments.command, source=source,
            limits=limits, patient=not live,
        )  # fmt: skip
        if anew and (earlier := writer.take_place()):
            print(f"procwire: stored before: {earlier} earlier readings are replaced", file=sys.stderr)
    except StoreError as error:
        if not error.failed:
            raise EngineError(f"store: {error}") from None
        print(f"procwire: store: {error}: nothing is stored", file=sys.stderr)
        arguments.store_lost = 1
        yield None
        return
    with writer:
        keeper = Keeper(writer, live=live)
        if live:
            keeper.first("interface", interfaces())
        yield keeper
        keeper.begin()
    arguments.store_lost = _said(writer)


def _said(writer: Writer) -> int:
    """Say how it went; the number of rows that were lost."""
    counts = writer.counts
    lost = sum(counts.lost.values()) + counts.waiting
    words = f"procwire: {counts.rows} rows stored in {writer.path}"
    if lost:
        reasons = counts.lost | ({"not in time": counts.waiting} if counts.waiting else {})
        words += f", {lost} lost ({', '.join(f'{rows} {why}' for why, rows in sorted(reasons.items()))})"
    print(words, file=sys.stderr)
    if counts.problem:
        print(f"procwire: store: {counts.problem}", file=sys.stderr)
    return lost
