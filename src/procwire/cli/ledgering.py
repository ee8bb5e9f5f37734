"""``watch --ledger``: what must not be changed later is told to the scribe, who keeps the ledger."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procwire import __version__
from procwire.egress.writing import digest
from procwire.engine.options import EngineError
from procwire.model.finding import Finding
from procwire.sandbox.capabilities import effective, names
from procwire.store.place import state_directory

if TYPE_CHECKING:
    from procwire.cli.detecting import Detecting
    from procwire.cli.verdicts import Verdicts
    from procwire.sandbox.plan import Confinement
    from procwire.warden.scribe import Pen

MAX_RULES = 500  # whose names stand in one record
_EMPTY: tuple[Any, ...] = (None, "", [], ())
DROPS_SECONDS = 10.0  # from one record on what was lost to the next
_SAID = (
    "interface", "capture_filter", "filter", "filters", "rules", "thresholds", "source", "depth", "sandbox",
    "store", "findings",
)  # fmt: skip


def add_ledger(parser: argparse.ArgumentParser) -> None:
    """--ledger."""
    place = parser.add_argument(
        "--ledger", nargs="?", const="", metavar="DIR",
        help="also keep findings, changes of rules, losses, start and end in a ledger that shows tampering "
        "(procwire ledger; default: ledger, in /var/lib/procwire; made where there is none)",
    )  # fmt: skip
    place.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_directories", "tcsh": "d"}  # type: ignore[attr-defined]


@contextlib.contextmanager
def ledgering(arguments: argparse.Namespace) -> Iterator[Ledgering | None]:
    """What tells the ledger, where --ledger was given; first of all, as a process is forked off."""
    if arguments.ledger is None:
        yield None
        return
    with Ledgering(arguments) as made:
        arguments.ledgering = made  # for those who tell it more: see cli.alerting
        yield made


class Ledgering:
    """What a watch tells its ledger. Made before the process shuts itself in. Raises EngineError."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from procwire.ledger.tree import LedgerError
        from procwire.warden.scribe import start

        self.place = Path(arguments.ledger or state_directory() / "ledger")
        try:
            self._pen: Pen = start(arguments.sandbox, self.place, f"procwire/{socket.gethostname()}")
        except LedgerError as error:
            raise EngineError(f"ledger: {error}") from None
        self.code = 1
        self._detecting: Detecting | None = None
        self._lost: tuple[str, ...] = ()
        self._rules: Any = None
        self._policy: Any = None
        self._verdicts: Verdicts | None = None
        self._filters: dict[str, Any] = {}
        self._next = 0.0
        self._told = False
        said = {name: value for name in _SAID if (value := getattr(arguments, name, None)) not in _EMPTY}
        self._pen.append("started", {"command": arguments.command, "version": __version__, "options": said})

    def __enter__(self) -> Ledgering:
        return self

    def __exit__(self, *_: object) -> None:
        self._notice_losses()
        found = self._detecting.findings if self._detecting is not None else 0
        self._pen.append("stopped", {"code": self.code, "findings": found})
        lost = self._pen.lost
        self._pen.close()
        words = f", {lost} records lost" if lost else ""
        told = "was not signed at the end" if self._told else "is signed"
        print(f"procwire: ledger {self.place} {told}{words}", file=sys.stderr)

    @property
    def incomplete(self) -> bool:
        """Whether records were lost."""
        return self._told or bool(self._pen.lost)

    def begin(self, detecting: Detecting, confinement: Confinement, verdicts: Verdicts | None = None) -> None:
        """Take what is found from now on; the process is in its cell. ``verdicts``: the filters in force."""
        self._detecting, self._verdicts = detecting, verdicts
        detecting.takers.append(self.found)
        detecting.noticed.append(self.noticed)
        measures = {measure.name: measure.state for measure in confinement.measures}
        self._pen.append("sandbox", {"open": sorted(confinement.open), "measures": measures})
        self._pen.append("privilege", _privilege())
        self._notice_changes()

    def found(self, finding: Finding) -> None:
        """Something was found: enough of it to find it again, and to show that it was."""
        self._pen.append(
            "finding",
            {
                "detector": finding.detector, "severity": finding.severity, "time": finding.time,
                "detail": finding.detail[:1000], "source": finding.source, "target": finding.target,
                "port": finding.port, "pid": finding.pid, "exe": finding.exe, "flows": list(finding.flows),
                "complete": finding.complete,
            },
        )  # fmt: skip

    def configured(self, what: dict[str, Any]) -> None:
        """A key of the configuration has another value from now on."""
        self._pen.append("configuration", what)

    def fated(self, what: dict[str, Any]) -> None:
        """What became of an alert, or of several."""
        self._pen.append("alert", what)

    def noticed(self) -> None:
        """Some times a second: what changed; at most every DROPS_SECONDS what was lost since."""
        self._notice_changes()
        now = time.monotonic()
        if now >= self._next:
            self._next = now + DROPS_SECONDS
            self._notice_losses()
        self._notice_end()

    def _notice_end(self) -> None:
        """The scribe has died: said once, and told by the exit code."""
        if not self._told and self._pen.gone:
            self._told = True
            print("procwire: ledger: the scribe has ended: records are LOST from now on", file=sys.stderr)

    def _notice_changes(self) -> None:
        self._notice_rules()
        self._notice_policy()
        self._notice_filters()

    def _notice_filters(self) -> None:
        if self._verdicts is None or self._verdicts.in_force == self._filters:
            return
        self._filters = self._verdicts.in_force
        self._pen.append("configuration", {"filters": self._verdicts.path, "in_force": self._filters})

    def _notice_rules(self) -> None:
        ruling = self._detecting.ruling if self._detecting is not None else None
        if ruling is None or ruling.set is self._rules:
            return
        self._rules = ruling.set
        names = [f"{rule.id}:{rule.state}" for rule in (*ruling.set.rules, *ruling.windowed)]
        self._pen.append("rule", {"count": len(names), "rules": names[:MAX_RULES]})

    def _notice_policy(self) -> None:
        policing = self._detecting.policing if self._detecting is not None else None
        if policing is None or policing.judge is self._policy:
            return
        self._policy = policing.judge
        if policing.judge is not None:
            policy = policing.judge.policy
            said = {"programs": len(policy.entries), "lines": policy.size, "sha256": digest(policy)}
            self._pen.append("configuration", {"egress": str(policing.path), "in_force": said})

    def _notice_losses(self) -> None:
        lost: tuple[str, ...] = ()
        if self._detecting is not None:
            deaf = self._detecting.deaf
            lost = (*self._detecting.reasons(), *((deaf,) if deaf else ()))
        if lost != self._lost:
            self._lost = lost
            self._pen.append("dropped", {"lost": list(lost)})


def _privilege() -> dict[str, Any]:
    """What the process that parses may still do."""
    return {"uid": os.geteuid(), "gid": os.getegid(), "capabilities": names(effective())}
