"""``procwire watch``: live flows with the process behind each."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from procwire.cli import arguments as words
from procwire.cli import exit, recording
from procwire.cli.alerting import Alerting, add_alerts, alerting
from procwire.cli.audience import Found, GroupPicture, Lines, Picture, Seen, Watcher
from procwire.cli.capturing import (
    add_attach,
    add_capture,
    add_interfaces,
    daemon_for,
    greet,
    losses_of,
    refused_by,
    watch_options,
)
from procwire.cli.detecting import Detecting
from procwire.cli.impaired import Impaired
from procwire.cli.ledgering import Ledgering, add_ledger, ledgering
from procwire.cli.output.choice import writer
from procwire.cli.output.findings import Findings
from procwire.cli.output.observations import Observations
from procwire.cli.storing import Kept, add_store, detecting, storing
from procwire.cli.verdicts import Verdicts, add_filters, both, on_hangup
from procwire.engine.api import Context, EngineError, Watching
from procwire.model.filter import compile_filter
from procwire.model.tables import FLOWS, GROUPS

if TYPE_CHECKING:  # loaded where rows are stored
    from procwire.store.keeping import Keeper


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "watch",
        help="live flows with the process behind each",
        description="Watch live traffic: a table that refreshes on a terminal, lines elsewhere. A line when "
        "a flow starts to be known and one when it ends; flows open at the end get theirs. Needs the right "
        "to capture: run it as root, or beside a daemon that may be asked (--attach).",
    )
    add_interfaces(parser)
    add_attach(parser)
    words.add_outputs(parser)
    what = parser.add_mutually_exclusive_group()
    words.add_observations(what)
    words.add_findings(parser, what)
    parser.add_argument("--for", type=words.seconds, dest="seconds", metavar="SPAN", help="stop after SPAN")
    parser.add_argument(
        "--every", type=words.seconds, metavar="SPAN", help="also a line for each open flow every SPAN"
    )
    recording.add_writing(parser)
    recording.add_log(parser)
    recording.add_recording(parser)
    add_capture(parser)
    add_store(parser)
    add_ledger(parser)
    add_alerts(parser)
    add_filters(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Watch until the end; 1 when the file took no more, 4 when packets, or rows to store, were lost."""
    path = daemon_for(arguments)
    if path:
        from procwire.cli.attached import attach

        return attach(arguments, path)
    where = ", ".join(arguments.interface) or "all interfaces"
    with (
        ledgering(arguments) as ledger,
        alerting(arguments) as alerts,
        storing(arguments, source=where, live=True) as keeper,
    ):
        code = _watch(arguments, keeper, alerts, ledger)
        if ledger is not None:
            code = ledger.code = code or (exit.INCOMPLETE if ledger.incomplete else exit.OK)
    return code or (exit.INCOMPLETE if arguments.store_lost or arguments.alerts_lost else exit.OK)


def _watch(
    arguments: argparse.Namespace, keeper: Keeper | None, alerts: Alerting | None, ledger: Ledgering | None
) -> int:
    keep = None
    if arguments.filter and arguments.observations is None and arguments.findings is None:
        keep = compile_filter(arguments.filter, FLOWS, now=time.time_ns())
    face = _face(arguments)
    verdicts = Verdicts(arguments.filters) if arguments.filters else None
    face.keep = both(keep.matches if keep else None, verdicts)
    own, found = detecting(arguments, keeper, face, alerts)
    impaired = Impaired()
    lines = recording.log_lines(arguments)
    watching = Watching(watch_options(arguments, found), face)
    words.tell_open(watching.confinement.open)
    face.context = Context(watching.source.interfaces, source="tap")
    face.watching = watching
    if keeper is not None or verdicts is not None or own is not None or alerts is not None:
        watching.audience = audience = Kept(face, keeper, verdicts, own, alerts)
        if keeper is not None:
            from procwire.cli.hosting import Host
            from procwire.cli.sampling import Sampling

            host = Host(lambda: watching)
            audience.sampling = Sampling(keeper, host.traffic, host.standing)
    impaired.attach(watching, face.context)
    if keeper is not None:
        keeper.context = face.context
    if found is not None:
        found.context, found.reasons = face.context, lambda: losses_of(watching)
    if ledger is not None and found is not None:
        ledger.begin(found, watching.confinement, verdicts)
    journal = recording.logged(arguments, lines, watching)
    recording.freeze_at(arguments, watching, found)
    _stop_on_signals(watching)
    _reload_on_hangup(verdicts, found)
    with contextlib.ExitStack() as shown:

        def ready() -> None:
            greet(watching)
            shown.enter_context(face)

        try:
            watching.run(ready)
        finally:
            if own is not None:
                own.finish()
            face.finish()
    lacks = (
        recording.tell_logged(journal)
        or recording.tell_kept(watching)
        or (found is not None and found.incomplete)
    )
    return _ending(watching) or (exit.INCOMPLETE if lacks else exit.OK)


def _reload_on_hangup(verdicts: Verdicts | None, found: Detecting | None) -> None:
    reloads: list[Callable[[], None]] = [verdicts.reload] if verdicts is not None else []
    if found is not None:
        reloads.append(found.reload)
    on_hangup(*reloads)


def _stop_on_signals(watching: Watching) -> None:
    """A lost terminal ends it too, so that a file being written ends whole; but not under nohup."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, lambda *_: watching.stop())


def _face(arguments: argparse.Namespace) -> Watcher:
    if arguments.observations is not None or arguments.findings is not None:
        if arguments.every or arguments.group:
            raise EngineError("--every and --group go with flows alone", exit.USAGE)
        if arguments.findings is not None:
            return Found(Findings(arguments, time.time_ns()))
        return Seen(Observations(arguments, time.time_ns()))
    plain = arguments.json or arguments.csv or not sys.stdout.isatty()
    if arguments.every and (arguments.group or arguments.table or not plain):
        raise EngineError(
            "--every is for lines (--json, --csv): a table refreshes by itself, groups come at the end",
            exit.USAGE,
        )
    if arguments.group:
        if plain:
            return GroupPicture(arguments.group, writer(arguments, GROUPS))
        return GroupPicture(arguments.group, None)
    if plain:
        return Lines(writer(arguments, FLOWS, events=True))
    return Picture()


def _ending(watching: Watching) -> int:
    """The last words: what was seen and what was lost."""
    counts = watching.pipeline.tracker.counts
    lost = watching.source.counts.dropped
    sys.stdout.flush()
    print(
        f"procwire: {counts.packets} packets seen, {lost} dropped by the kernel, {counts.flows} flows"
        + (f", {counts.evicted} evicted" if counts.evicted else "")
        + (f", {watching.evicted} accounts lost by a full map in the kernel" if watching.evicted else "")
        + (f", {refused_by(watching)} owners not looked up" if refused_by(watching) else ""),
        file=sys.stderr,
    )
    words.tell_keys(watching.keys)
    if watching.error is not None:
        print(f"procwire: {watching.error}", file=sys.stderr)
        return exit.FAILURE
    incomplete = lost or counts.evicted or watching.evicted or refused_by(watching)
    return exit.INCOMPLETE if incomplete else exit.OK
