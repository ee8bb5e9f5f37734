"""``procwire watch``: live flows with the process behind each."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit, recording
from procwire.cli.alerting import Alerting, add_alerts, alerting
from procwire.cli.alerting import folders as alert_folders
from procwire.cli.audience import Found, GroupPicture, Lines, Picture, Seen, Watcher
from procwire.cli.detecting import Detecting, losses
from procwire.cli.output.choice import writer
from procwire.cli.output.findings import Findings
from procwire.cli.output.observations import Observations
from procwire.cli.storing import Kept, add_store, detecting, folders, storing
from procwire.cli.verdicts import Verdicts, add_filters, both, on_hangup
from procwire.engine.api import Context, EngineError, Watching, WatchOptions, compiled_modules
from procwire.model.filter import compile_filter
from procwire.model.tables import FLOWS, GROUPS
from procwire.store.keeping import Keeper


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "watch",
        help="live flows with the process behind each",
        description="Watch live traffic: a table that refreshes on a terminal, lines elsewhere. A line when "
        "a flow starts to be known and one when it ends; flows open at the end get theirs. Needs the right "
        "to capture: run it as root.",
    )
    parser.add_argument(
        "-i", "--interface", action="append", default=[], metavar="IF",
        help="watch this interface; again for more (default: all, new ones too)",
    )  # fmt: skip
    words.add_outputs(parser)
    what = parser.add_mutually_exclusive_group()
    words.add_observations(what)
    words.add_findings(parser, what)
    parser.add_argument("--for", type=words.seconds, dest="seconds", metavar="SPAN", help="stop after SPAN")
    parser.add_argument(
        "--every", type=words.seconds, metavar="SPAN", help="also a line for each open flow every SPAN"
    )
    parser.add_argument(
        "--write", metavar="FILE", default="", help="keep every captured packet in FILE (pcapng)"
    )
    recording.add_recording(parser)
    _add_capture(parser)
    parser.add_argument("--no-owners", action="store_true", help="do not look processes up")
    parser.add_argument(
        "--hash", action="store_true",
        help="SHA-256 and BLAKE3 of the owners' programs, read once each at 64 MB/s at most",
    )  # fmt: skip
    words.add_keys(parser)
    words.add_sandbox(parser)
    words.add_flows(parser)
    add_store(parser)
    add_alerts(parser)
    add_filters(parser)
    parser.set_defaults(run=run)


def _add_capture(parser: argparse.ArgumentParser) -> None:
    """How packets are taken."""
    parser.add_argument(
        "--capture-filter", metavar="EXPR", default="",
        help="let only these packets in, in tcpdump's language, e.g. 'tcp port 443'",
    )  # fmt: skip
    parser.add_argument(
        "--snaplen", type=words.whole(64, 262_144), default=262_144, metavar="N",
        help="bytes kept of each packet (default 262144)",
    )  # fmt: skip
    parser.add_argument("--promiscuous", action="store_true", help="also packets for other hosts")
    parser.add_argument(
        "--fanout",
        type=words.whole(1, 64),
        default=1,
        metavar="N",
        help="rings for each interface (default 1)",
    )
    parser.add_argument(
        "--ring", type=words.size, metavar="SIZE",
        help="memory in which the kernel keeps packets until they are read, for each interface, e.g. 64MB",
    )  # fmt: skip
    parser.add_argument(
        "--source", choices=("bpf", "tap", "both"), default="",
        help="where packets are seen: both, at sockets and interfaces, counted in the kernel (default, where "
        "the kernel lets it); bpf, at the sockets alone; tap, at the interfaces, each packet read here",
    )  # fmt: skip
    parser.add_argument(
        "--depth", choices=("first", "requests", "full"), default="requests",
        help="what is read of each flow: first, its first bytes; requests, what its protocol still tells "
        "(default); full, every packet",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Watch until the end; 1 when the file took no more, 4 when packets, or rows to store, were lost."""
    where = ", ".join(arguments.interface) or "all interfaces"
    with alerting(arguments) as alerts, storing(arguments, source=where, live=True) as keeper:
        code = _watch(arguments, keeper, alerts)
    return code or (exit.INCOMPLETE if arguments.store_lost or arguments.alerts_lost else exit.OK)


def _watch(arguments: argparse.Namespace, keeper: Keeper | None, alerts: Alerting | None) -> int:
    keep = None
    if arguments.filter and arguments.observations is None and arguments.findings is None:
        keep = compile_filter(arguments.filter, FLOWS, now=time.time_ns())
    face = _face(arguments)
    verdicts = Verdicts(arguments.filters) if arguments.filters else None
    face.keep = both(keep.matches if keep else None, verdicts)
    own, found = detecting(arguments, keeper, face, alerts)
    watching = Watching(_options(arguments, found), face)
    words.tell_open(watching.confinement.open)
    face.context = Context(watching.source.interfaces, source="tap")
    face.watching = watching
    if keeper is not None or verdicts is not None or own is not None or alerts is not None:
        watching.audience = Kept(face, keeper, verdicts, own, alerts)
    if keeper is not None:
        keeper.context = face.context
    if found is not None:
        found.context, found.reasons = face.context, lambda: _losses(watching)
    recording.freeze_at(arguments, watching, found)
    _stop_on_signals(watching)
    _reload_on_hangup(verdicts, found)
    _greet(watching)
    with face:
        try:
            watching.run()
        finally:
            if own is not None:
                own.finish()
            face.finish()
    lacks = recording.tell_frozen(watching) or (found is not None and found.incomplete)
    return _ending(watching) or (exit.INCOMPLETE if lacks else exit.OK)


def _options(arguments: argparse.Namespace, found: Detecting | None) -> WatchOptions:
    return WatchOptions(
        interfaces=tuple(arguments.interface),
        capture_filter=arguments.capture_filter,
        snaplen=arguments.snaplen,
        promiscuous=arguments.promiscuous,
        fanout=arguments.fanout,
        ring_bytes=arguments.ring,
        seconds=arguments.seconds,
        every=arguments.every,
        owners=not arguments.no_owners,
        hashes=arguments.hash,
        write=arguments.write,
        kept=recording.wishes_of(arguments),
        keylog=arguments.keylog,
        source=arguments.source,
        depth=arguments.depth,
        sandbox=arguments.sandbox,
        folders=(*folders(arguments), *recording.folders(arguments), *alert_folders(arguments)),
        readable=found.ruling.places if found is not None and found.ruling is not None else (),
        flows=words.flow_options(arguments),
    )


def _reload_on_hangup(verdicts: Verdicts | None, found: Detecting | None) -> None:
    reloads = [verdicts.reload] if verdicts is not None else []
    if found is not None and found.ruling is not None:
        reloads.append(found.ruling.reload)
    on_hangup(*reloads)


def _losses(watching: Watching) -> tuple[str, ...]:
    evicted = watching.pipeline.tracker.counts.evicted
    return losses(dropped=watching.source.counts.dropped, evicted=evicted)


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


def _greet(watching: Watching) -> None:
    """Say on standard error what is being watched, and what is not as it should be."""
    names = [interface.name for interface in watching.source.interfaces[1:]]
    print(f"procwire: watching {', '.join(names) or 'no interface yet'}", file=sys.stderr)
    for name, reason in watching.source.refused.items():
        print(f"procwire: not watching {name}: {reason}", file=sys.stderr)
    if watching.source_problem:
        print(
            f"procwire: packets from {watching.source_name} alone: {watching.source_problem}", file=sys.stderr
        )
    if watching.kernel_problem:
        print(f"procwire: owners from sock_diag alone: {watching.kernel_problem}", file=sys.stderr)
    _, slow = compiled_modules()
    if slow:
        print(
            f"procwire: {len(slow)} modules run uncompiled, so slowly: see procwire doctor", file=sys.stderr
        )
    sys.stderr.flush()


def _ending(watching: Watching) -> int:
    """The last words: what was seen and what was lost."""
    counts = watching.pipeline.tracker.counts
    lost = watching.source.counts.dropped
    sys.stdout.flush()
    print(
        f"procwire: {counts.packets} packets seen, {lost} dropped by the kernel, {counts.flows} flows"
        + (f", {counts.evicted} evicted" if counts.evicted else "")
        + (f", {watching.evicted} accounts lost by a full map in the kernel" if watching.evicted else "")
        + (f", {_refused(watching)} owners not looked up" if _refused(watching) else ""),
        file=sys.stderr,
    )
    if watching.error is not None:
        print(f"procwire: {watching.error}", file=sys.stderr)
        return exit.FAILURE
    incomplete = lost or counts.evicted or watching.evicted or _refused(watching)
    return exit.INCOMPLETE if incomplete else exit.OK


def _refused(watching: Watching) -> int:
    resolver = watching.resolver
    return resolver.refused if resolver is not None else 0
