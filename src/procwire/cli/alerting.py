"""Alerts of a watch: findings into the outbox, and from there to the sinks, by a courier of its own.

The seam for whoever runs detectors: ``Alerting.take`` is told each finding, ``ticked`` some times a second.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from procwire.cli import exit
from procwire.engine.options import EngineError
from procwire.model.alert import facts_of
from procwire.model.finding import Finding
from procwire.model.rows import FlowRow
from procwire.model.sink import Sink
from procwire.model.tables import FLOWS
from procwire.model.values import clean

if TYPE_CHECKING:  # loaded where there are alerts
    from procwire.alerts.intake import Intake
    from procwire.courier.client import Courier

DRAIN_SECONDS = 5.0  # at the end, deliveries are waited for so long
STEP_SECONDS = 0.02
COLUMNS = {column.name: column for column in FLOWS}


def add_alerts(parser: argparse.ArgumentParser) -> None:
    """--alerts, --no-alerts and --alerts-directory."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--alerts", action="store_true",
        help="keep findings in the outbox of procwire alerts, and tell the configured sinks of them "
        "(default where sinks are configured: see docs/alerts.md)",
    )  # fmt: skip
    which.add_argument("--no-alerts", action="store_true", help="do neither, whatever is configured")
    add_directory(parser)
    parser.set_defaults(
        alert_sinks=None, alert_window=None, alert_rate=None, alert_keep=None, alert_give_up=None,
        alert_maintenance=None,
    )  # fmt: skip


def add_directory(parser: argparse.ArgumentParser) -> None:
    """--alerts-directory."""
    place = parser.add_argument(
        "--alerts-directory", dest="alert_directory", metavar="DIR", default="",
        help="where the outbox of alerts lies (default /var/lib/procwire, for others than root "
        "~/.local/state/procwire)",
    )  # fmt: skip
    place.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_directories", "tcsh": "d"}  # type: ignore[attr-defined]


class Alerting:
    """Takes findings. ``flow``: the row of the flow that is looked at, asked for when something was found."""

    def __init__(self, intake: Intake, courier: Courier | None, path: Path) -> None:
        self.intake = intake
        self.path = path
        self.row: Callable[[], FlowRow | None] = lambda: None
        self._courier = courier
        self._gone = False

    @property
    def incomplete(self) -> bool:
        """Whether anything was lost, or nobody delivers any more."""
        return bool(self.intake.lost) or self._gone

    def take(self, finding: Finding) -> None:
        """One finding; on the disk when this returns, or held until it can be."""
        if self._courier is not None and _of_courier(finding, self._courier.pid):
            return
        row = self.row()
        mine = row is not None and _rests_on(finding, row.flow.flow_id)
        self.intake.take(finding, facts_of(row, COLUMNS) if mine else {}, now=time.time_ns())

    def ticked(self, now: int) -> None:
        """See model.listening.Audience."""
        if self._courier is not None:
            for done in self._courier.hear():
                self.intake.heard(done, now)
            if self._courier.gone and not self._gone:
                self._gone = True
                _say("the courier has ended: alerts wait in the outbox")
        self.intake.tick(now)

    def close(self) -> None:
        """Deliver what can be delivered in a moment; say how it went. What is left is for the next run."""
        end = time.monotonic() + DRAIN_SECONDS
        self.ticked(time.time_ns())
        while self._courier is not None and not self._gone and time.monotonic() < end:
            if not self.intake.dispatcher.busy:
                break
            time.sleep(STEP_SECONDS)
            self.ticked(time.time_ns())
        waiting = self.intake.outbox.waiting
        self.intake.close(time.time_ns())
        if self._courier is not None:
            self._courier.close()
        self._tell(waiting)

    def _tell(self, waiting: int) -> None:
        intake, dispatcher = self.intake, self.intake.dispatcher
        words = f"{intake.taken} findings in {self.path}, {dispatcher.delivered} deliveries made"
        words += f", {waiting} wait for the next run" if waiting else ""
        words += f", {dispatcher.dead} dead letters" if dispatcher.dead else ""
        words += f", {intake.lost} findings LOST" if intake.lost else ""
        _say(words)


def _of_courier(finding: Finding, pid: int) -> bool:
    """Whether the courier did it by telling alerts: each such alert would make the next."""
    return finding.pid == pid or any(one.endswith(f":{pid}") for one in finding.ancestors[:1])


@contextlib.contextmanager
def alerting(arguments: argparse.Namespace) -> Iterator[Alerting | None]:
    """Alerts, where they are asked for. Before anything is confined, and before there is a second thread."""
    arguments.alerts_lost = False
    if not wanted(arguments):
        yield None
        return
    made = opened(arguments)
    try:
        yield made
    finally:
        made.close()
        arguments.alerts_lost = made.incomplete


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether there are to be alerts."""
    if arguments.no_alerts or (getattr(arguments, "no_findings", False) and not arguments.alerts):
        return False
    return bool(arguments.alerts or arguments.alert_sinks)


def opened(arguments: argparse.Namespace) -> Alerting:
    """The courier forked, the outbox open. Raises EngineError."""
    import random
    import socket

    from procwire.alerts.dispatch import Dispatcher
    from procwire.alerts.file import outbox_file
    from procwire.alerts.intake import Intake
    from procwire.alerts.outbox import Outbox, Rules
    from procwire.alerts.reason import AlertError
    from procwire.alerts.windows import window

    sinks = tuple(arguments.alert_sinks or ())
    path = outbox_file(arguments.alert_directory or "")
    try:
        rules = Rules(
            window_ns=arguments.alert_window, rate=arguments.alert_rate, keep=arguments.alert_keep,
            give_up_ns=arguments.alert_give_up,
            maintenance=tuple(map(window, arguments.alert_maintenance or ())),
        )  # fmt: skip
    except AlertError as error:
        raise EngineError(f"alerts.maintenance: {error}", exit.USAGE) from None
    courier = sent(arguments.sandbox, sinks)
    try:
        told = {sink.name: sink.severity for sink in sinks}
        keeper = getattr(arguments, "ledgering", None)
        tell = keeper.fated if keeper is not None else None
        outbox = Outbox(path, told, rules, host=socket.gethostname(), tell=tell)
    except AlertError as error:
        if courier is not None:
            courier.close()
        raise EngineError(f"alerts: {error}") from None
    send = courier.send if courier is not None else (lambda _: False)
    intake = Intake(outbox, Dispatcher(outbox, sinks, send, random.random), _say)
    return Alerting(intake, courier, path)


def sent(mode: str, sinks: Sequence[Sink]) -> Courier | None:
    """The courier of these sinks, where there are any. Raises EngineError."""
    if not sinks:
        return None
    from procwire.courier.contract import CourierError
    from procwire.courier.process import start

    try:
        return start(mode, sinks)
    except CourierError as error:
        raise EngineError(f"alerts: {error}", exit.USAGE) from None


def folders(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Where files of the outbox come and go."""
    if not wanted(arguments):
        return ()
    from procwire.alerts.file import outbox_file

    return (str(outbox_file(arguments.alert_directory or "").parent),)


def _rests_on(finding: Finding, flow_id: str) -> bool:
    return flow_id in finding.flows or any(span.startswith(flow_id) for span in finding.packets)


def _say(words: str) -> None:
    print(clean(f"procwire: {words if words.startswith('alerts') else f'alerts: {words}'}"), file=sys.stderr)
    sys.stderr.flush()
