"""``--record`` and ``--write`` of a watch: what is kept of its packets, and when incidents are frozen."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import signal
import sys
import time
from typing import TYPE_CHECKING

from procwire.cli import exit
from procwire.cli.arguments import duration, size, whole
from procwire.engine.options import EngineError
from procwire.model.filter import compile_filter
from procwire.model.finding import SEVERITIES
from procwire.model.tables import FLOWS
from procwire.recorder import wishes as words

if TYPE_CHECKING:
    from procwire.cli.detecting import Detecting
    from procwire.engine.watching import Watching
    from procwire.recorder.journal import Journal, Lines

MAX_FILES = 64  # each is a descriptor of the confined process, which names them (sandbox.descriptors)


def add_recording(parser: argparse.ArgumentParser) -> None:
    """The options of ``procwire watch``."""
    parser.add_argument(
        "--record", action="append", nargs="?", const="", default=[], type=_track, metavar="BOUNDS",
        help="keep the latest packets in memory, to be frozen as an incident: [IF:] and a span, size, number "
        "of packets or 'headers', e.g. 10m,1GB or eth0:1h,headers (default 5m,256MB; again for more rings)",
    )  # fmt: skip
    parser.add_argument(
        "--record-only", metavar="EXPR", default="", help="record only flows that match, e.g. 'app == dns'"
    )
    parser.add_argument(
        "--freeze-on", action="append", default=[], metavar="WHAT",
        help="freeze an incident when a detector or rule of that name finds something, or any something "
        "of that severity at least: info, low, medium, high or critical (again for more; so does SIGUSR1)",
    )  # fmt: skip
    parser.add_argument(
        "--before", type=duration, default=words.BEFORE_NS, metavar="SPAN",
        help="of an incident: so much of what came before (default 2m)",
    )  # fmt: skip
    parser.add_argument(
        "--after", type=duration, default=words.AFTER_NS, metavar="SPAN",
        help="of an incident: so much of what comes after (default 30s)",
    )  # fmt: skip
    where = parser.add_argument(
        "--incidents", metavar="DIR", default="",
        help="where incidents are frozen to (default /var/lib/procwire/incidents, for others than root "
        "~/.local/state/procwire/incidents)",
    )  # fmt: skip
    where.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_directories", "tcsh": "d"}  # type: ignore[attr-defined]
    parser.add_argument(
        "--quota", type=size, default=words.QUOTA_BYTES, metavar="SIZE",
        help="all incidents together take no more than SIZE; what has no room is counted (default 10GB)",
    )  # fmt: skip


def add_writing(parser: argparse.ArgumentParser) -> None:
    """--write, and when its files turn."""
    parser.add_argument(
        "--write", metavar="FILE", default="",
        help="keep every captured packet in FILE: pcapng, or pcap where it ends in .pcap, with its "
        "connections in FILE.connections.jsonl",
    )  # fmt: skip
    parser.add_argument(
        "--write-rotate", metavar="BOUNDS", default="",
        help="begin the next file when one has a size, span or number of packets, e.g. 100MB,1h or 100000p: "
        "FILE.001, FILE.002, ... in turn",
    )  # fmt: skip
    parser.add_argument(
        "--write-keep", type=whole(2, MAX_FILES), default=10, metavar="N",
        help=f"of so many files; then the oldest is written anew (default 10, at most {MAX_FILES})",
    )  # fmt: skip
    parser.add_argument(
        "--write-only", metavar="EXPR", default="",
        help="write only packets of flows that match, e.g. 'process == curl'; they wait until that is known",
    )  # fmt: skip


def add_log(parser: argparse.ArgumentParser) -> None:
    """--log-events and when its files turn."""
    parser.add_argument(
        "--log-events", metavar="FILE", default="",
        help="also write flows and observations to FILE, one JSON object a line (see --json-shape)",
    )  # fmt: skip
    parser.add_argument(
        "--log-rotate", metavar="BOUNDS", default="",
        help="begin the next file when one has a size, span or number of lines, e.g. 100MB,24h or 100000p: "
        "FILE.001, FILE.002, ... in turn",
    )  # fmt: skip
    parser.add_argument(
        "--log-keep", type=whole(2, MAX_FILES), default=7, metavar="N",
        help=f"of so many files; then the oldest is written anew (default 7, at most {MAX_FILES})",
    )  # fmt: skip


def log_lines(arguments: argparse.Namespace) -> Lines | None:
    """The log's files, opened; before the process shuts itself in. Raises EngineError."""
    if not arguments.log_events:
        if arguments.log_rotate:
            raise EngineError("--log-rotate goes with --log-events", exit.USAGE)
        return None
    from procwire.recorder.journal import Lines
    from procwire.recorder.reason import RecorderError
    from procwire.recorder.shapes import shape

    shape(arguments.json_shape)  # loaded while it can be read
    rotation = _rotation(arguments.log_rotate, arguments.log_keep, "--log-rotate")
    try:
        return Lines(arguments.log_events, rotation)
    except RecorderError as error:
        raise EngineError(str(error)) from None


def logged(arguments: argparse.Namespace, lines: Lines | None, watching: Watching) -> Journal | None:
    """Put the log in front of who hears the watch."""
    if lines is None:
        return None
    from procwire.recorder.journal import Journal
    from procwire.recorder.shapes import shape

    context = watching.keeping.context
    journal = Journal(watching.audience, lines, shape(arguments.json_shape), context)
    watching.audience = journal
    return journal


def tell_logged(journal: Journal | None) -> bool:
    """End the log; whether it lacks something, which is said."""
    if journal is None:
        return False
    journal.close()
    if journal.problem:
        print(f"procwire: log: {journal.problem}", file=sys.stderr)
    return bool(journal.problem)


def _rotation(bounds: str, files: int, option: str) -> words.Rotation:
    if not bounds:
        return words.Rotation()
    try:
        return words.rotation_of(bounds, files)
    except words.WishError as error:
        raise EngineError(f"{option}: {error}", exit.USAGE) from None


def wishes_of(arguments: argparse.Namespace) -> words.Wishes:
    """What is to be kept. Raises EngineError, FilterError."""
    if not arguments.record and (arguments.record_only or arguments.freeze_on):
        raise EngineError("--record-only and --freeze-on go with --record", exit.USAGE)
    if arguments.freeze_on:
        _check_names(arguments)
        if arguments.no_findings:
            raise EngineError("--freeze-on looks for findings, --no-findings for none", exit.USAGE)
    if arguments.record_only:
        compile_filter(arguments.record_only, FLOWS, now=time.time_ns())
    only, bounds = getattr(arguments, "write_only", ""), getattr(arguments, "write_rotate", "")
    rotation = _rotation(bounds, getattr(arguments, "write_keep", 1), "--write-rotate")
    if not getattr(arguments, "write", "") and (only or rotation != words.Rotation()):
        raise EngineError("--write-rotate and --write-only go with --write", exit.USAGE)
    if only:
        compile_filter(only, FLOWS, now=time.time_ns())
    return words.Wishes(
        rotation=rotation,
        write_only=only,
        record=tuple(map(_ring, arguments.record)),
        record_only=arguments.record_only,
        directory=arguments.incidents,
        quota_bytes=arguments.quota,
        before_ns=arguments.before,
        after_ns=arguments.after,
    )


def folders(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Where files of the recorder come."""
    if not arguments.record:
        return ()
    from procwire.recorder.vault import place

    return (str(place(arguments.incidents)),)


def freeze_at(arguments: argparse.Namespace, watching: Watching, detecting: Detecting | None) -> None:
    """Signals freeze an incident, arm and disarm from now on; findings that were asked for freeze one too."""
    flight = watching.keeping.flight
    if flight is None:
        return
    from procwire.recorder import asking
    from procwire.recorder.incident import Reason

    signal.signal(asking.ARM, lambda *_: flight.arm(True))
    signal.signal(asking.DISARM, lambda *_: flight.arm(False))
    signal.signal(asking.FREEZE, lambda *_: flight.freeze(Reason(time=time.time_ns(), kind="signal")))
    if arguments.freeze_on and detecting:
        from procwire.recorder.flight import Freezer

        detecting.takers.append(Freezer(flight, arguments.freeze_on).found)
        flight.awaited = True  # some is found when all was seen
        atexit.register(flight.close)  # whatever ends the watch


def _check_names(arguments: argparse.Namespace) -> None:
    """Raises EngineError for a word of --freeze-on that nothing is called."""
    from procwire.engine.api import detectors, rules

    known = {*SEVERITIES, *(detector.name for detector in detectors())}
    if not known.issuperset(arguments.freeze_on):
        known |= {rule.id for rule in rules(arguments.rules)[0]}
    for name in arguments.freeze_on:
        if name not in known:
            raise EngineError(f"--freeze-on: no severity, detector or rule is called {name!r}", exit.USAGE)


def tell_kept(watching: Watching) -> bool:
    """Say what was frozen and what was not written; whether something lacks that was asked for."""
    writing = watching.keeping.writing
    if writing is not None and writing.turns.overwritten:
        print(
            f"procwire: {writing.turns.overwritten} packets of older files were overwritten", file=sys.stderr
        )
    if writing is not None and writing.held is not None and writing.held.hurried:
        print(
            f"procwire: {writing.held.hurried} flows were judged before their owner was known",
            file=sys.stderr,
        )
    return tell_frozen(watching)


def tell_frozen(watching: Watching) -> bool:
    """Say what was frozen; whether something of it lacks."""
    flight = watching.keeping.flight
    if flight is None:
        return False
    flight.close()
    lacks = bool(flight.refused)
    for incident in flight.frozen:
        lost = [f"{count} packets lost: {why}" for why, count in incident.dropped.items()]
        remarks = "; ".join((*incident.lacking, *lost))
        lacks = lacks or bool(lost)
        print(
            f"procwire: incident {incident.name}: {incident.packets} packets"
            + (f"; {remarks}" if remarks else ""),
            file=sys.stderr,
        )
    if flight.refused:
        print(f"procwire: {flight.refused} triggers came while too many incidents were open", file=sys.stderr)
    from procwire.recorder import asking

    with contextlib.suppress(ValueError):  # not the main thread
        for number in (asking.FREEZE, asking.ARM, asking.DISARM):
            signal.signal(number, signal.SIG_IGN)
    return lacks


def _ring(found: words.Track | str) -> words.Track:
    """From the configuration it comes as it is written there."""
    try:
        return _track(found) if isinstance(found, str) else found
    except argparse.ArgumentTypeError as error:
        raise EngineError(f"recorder.record: {error}", exit.USAGE) from None


def _track(text: str) -> words.Track:
    try:
        return words.track_of(text)
    except words.WishError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
