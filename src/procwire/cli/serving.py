"""The engine of a daemon: a watch whose face answers other faces. Runs in a process of its own."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec

from procwire.api.book import Book
from procwire.api.catalogue import Catalogue
from procwire.api.desk import Desk
from procwire.api.line import Line
from procwire.api.offers import Offer
from procwire.cli import arguments as words
from procwire.cli import exit, recording
from procwire.cli.alerting import Alerting, alerting
from procwire.cli.audience import Watcher
from procwire.cli.begun import Begun
from procwire.cli.capturing import greet, losses_of, refused_by, watch_options
from procwire.cli.condition import Condition, writer_of
from procwire.cli.detecting import Detecting
from procwire.cli.hosting import Host, offers
from procwire.cli.impaired import Impaired
from procwire.cli.ledgering import Ledgering, ledgering
from procwire.cli.output.observations import CORE_NAMES
from procwire.cli.sampling import Sampling
from procwire.cli.storing import Kept, detecting, storing
from procwire.cli.summing import Sums
from procwire.cli.verdicts import Verdicts
from procwire.daemon.supervisor import Beat, Past
from procwire.engine import api
from procwire.engine.api import Context, EngineError, Watching
from procwire.model.flow import Flow
from procwire.model.health import HEALTH
from procwire.model.observation import Observation
from procwire.model.values import time_text
from procwire.store.keeping import Keeper
from procwire.store.retention import Limits

BUSY_SECONDS = 0.02  # between two turns while faces are there
REST_SECONDS = 0.25  # and while none is
BEAT_SECONDS = 1.0


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What a running engine may be told anew."""

    filters: str | None = None  # the text of the file
    store_age: int
    store_size: int


class Serving(Watcher):
    """A face that shows nothing itself: what it is told, other processes may ask for."""

    def __init__(self, line: Line, past: Past, *, beginnings: bool = False) -> None:
        super().__init__()
        kinds = [table for table in api.tables() if table.name not in CORE_NAMES]
        self.book = Book(kinds)
        self.line = line
        self.past = past
        self.sums = Sums(self.book)
        self.host = Host(lambda: self.watching)
        self.begun = Begun(self.book) if beginnings else None
        health = Offer(table=HEALTH, rows=lambda: self.condition.rows() if self.condition else [])
        begun = [self.begun.offer()] if self.begun is not None else []
        self.desk = Desk(
            Catalogue(
                [*self.book.offers(), *offers(self.host), health, *self.sums.offers(), *begun], kinds
            ),
            line,
            clock=time.monotonic, wall=time.time_ns, started=time_text(time.time_ns()), pid=os.getpid(),
        )  # fmt: skip
        self.book.publish = self.desk.publish
        self.condition: Condition | None = None
        self._rested = 0.0

    def told(self, event: str, flow: Flow) -> None:
        """See Watcher."""
        self.book.told(event, flow)
        if event == "end":
            self.sums.add(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Watcher."""
        self.book.observed(flow, observation)

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """Hear faces, answer them, and say that this engine is at work."""
        watching = self.watching
        if watching is None:
            return
        self.line.take(self.desk)
        if self.line.gone:
            watching.stop()
            return
        self.desk.work()
        watching.tick = BUSY_SECONDS if self.desk.present else REST_SECONDS
        moment = time.monotonic()
        if moment - self._rested >= BEAT_SECONDS and self.condition is not None:
            self._rested = moment
            self.past.over(moment)
            self.host.begin()
            beat = Beat(
                status=self.condition.status(),
                flows=watching.pipeline.tracker.counts.active,
                waiting=self.condition.waiting,
            )
            self.line.beat(msgspec.msgpack.encode(beat))

    def finish(self) -> None:
        """See Watcher."""
        self.desk.leave_all()
        self.line.close()


def serve(arguments: argparse.Namespace, made: socket.socket, past: Past) -> int:
    """Watch until the gate or a signal ends it; the exit code."""
    where = ", ".join(arguments.interface) or "all interfaces"
    for name in ("write", "log_events"):
        setattr(arguments, name, anew(getattr(arguments, name), past.restarts))
    try:
        with (
            ledgering(arguments) as ledger,
            alerting(arguments) as alerts,
            storing(arguments, source=where, live=True) as keeper,
        ):
            code = _served(
                arguments,
                Serving(Line(made), past, beginnings=arguments.beginnings),
                _Kept(keeper, alerts, ledger),
            )
            if ledger is not None:
                code = ledger.code = code or (exit.INCOMPLETE if ledger.incomplete else exit.OK)
    except EngineError as error:
        print(f"procwire: {error}", file=sys.stderr)
        return error.code
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"procwire: {place}{error.strerror or error}", file=sys.stderr)
        return exit.FAILURE
    return code or (exit.INCOMPLETE if arguments.store_lost or arguments.alerts_lost else exit.OK)


def anew(path: str, restarts: int) -> str:
    """The file of an engine that is not the first: what the one before it wrote is not written over."""
    if not path or not restarts:
        return path
    place = Path(path)
    return str(place.with_name(f"{place.stem}.{restarts}{place.suffix}"))


class _Kept(NamedTuple):
    """Where what is seen goes to, beside the faces."""

    keeper: Keeper | None
    alerts: Alerting | None
    ledger: Ledgering | None


def _served(arguments: argparse.Namespace, face: Serving, kept: _Kept) -> int:
    keeper, alerts, ledger = kept
    verdicts = Verdicts(arguments.filters) if arguments.filters else None
    face.book.keep = verdicts.shows if verdicts is not None else None
    _, found = detecting(arguments, keeper, face, alerts)
    if found is None and not arguments.no_findings:
        found = Detecting(arguments)
    impaired, lines = Impaired(), recording.log_lines(arguments)
    begun = face.begun
    watching = Watching(watch_options(arguments, found), face, tap=begun.tap if begun is not None else None)
    words.tell_open(watching.confinement.open)
    face.watching = watching
    face.context = face.book.context = Context(watching.source.interfaces, source="tap")
    face.book.active = watching.pipeline.tracker.active
    face.book.ending = face.sums.ending = watching.ending
    face.book.reasons = lambda: (*losses_of(watching), *_unasked(watching))
    face.condition = Condition(watching, face.desk, face.past, writer_of(keeper), begun)
    watching.audience = audience = Kept(face, keeper, verdicts, found, alerts)
    impaired.attach(watching, face.context)
    if keeper is not None:
        keeper.context = face.context
        audience.sampling = Sampling(keeper, face.host.traffic, face.host.standing)
    if found is not None:
        found.takers.append(face.book.found)
        found.context, found.reasons = face.context, lambda: losses_of(watching)
    if ledger is not None and found is not None:
        ledger.begin(found, watching.confinement, verdicts)
    journal = recording.logged(arguments, lines, watching)
    recording.freeze_at(arguments, watching, found)
    face.line.ordered = lambda data: _obey(data, verdicts, kept, found)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watching.stop())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        watching.run(lambda: greet(watching))
    finally:
        if found is not None:
            found.finish()
        face.finish()
    lacks = (
        recording.tell_logged(journal)
        or recording.tell_kept(watching)
        or (found is not None and found.incomplete)
    )
    return _ending(watching) or (exit.INCOMPLETE if lacks else exit.OK)


def _unasked(watching: Watching) -> tuple[str, ...]:
    refused = refused_by(watching)
    return (f"{refused} owners were not looked up",) if refused else ()


def _obey(data: bytes, verdicts: Verdicts | None, kept: _Kept, found: Detecting | None = None) -> None:
    """The configuration was read anew, by a process that may read it."""
    try:
        orders = msgspec.msgpack.decode(data, type=Orders)
    except msgspec.MsgspecError:
        return
    if verdicts is not None and orders.filters is not None:
        verdicts.reload(orders.filters)
    if found is not None:
        found.reload()
    writer = writer_of(kept.keeper)
    limits = Limits(age_ns=orders.store_age, size_bytes=orders.store_size)
    if writer is None or writer.limits == limits:
        return
    writer.limit(limits)
    if kept.ledger is not None:
        kept.ledger.configured({"store.age": orders.store_age, "store.size": orders.store_size})


def _ending(watching: Watching) -> int:
    """The last words; 1 where it did not end as it should."""
    counts, lost = watching.pipeline.tracker.counts, watching.source.counts.dropped
    print(
        f"procwire: {counts.packets} packets seen, {lost} dropped by the kernel, {counts.flows} flows",
        file=sys.stderr,
    )
    if watching.error is not None:
        print(f"procwire: {watching.error}", file=sys.stderr)
        return exit.FAILURE
    return exit.OK
