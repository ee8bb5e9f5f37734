"""Where ``procwire egress`` looks: the store, recordings, or this host as it is now.

Recordings and live traffic are read by a process of its own, in its cell; what comes back from there are
contacts and no bytes of the network. So the process that writes a policy parses nothing.
"""

from __future__ import annotations

import argparse
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

from procwire.cli import exit
from procwire.cli.forking import Fork
from procwire.cli.stopping import on_signal
from procwire.egress.contact import Contact, contacts
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.model.flow import Flow
from procwire.model.process import FROM_FILE
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.store.place import store_file
from procwire.store.reader import Reader, Window, stored
from procwire.store.reason import StoreError

BATCH = 500  # contacts that are handed over together
MAX_FRAME_BYTES = 64 << 20
_LENGTH = struct.Struct("!I")

Take = Callable[[Contact], Any]


class Batch(msgspec.Struct, tag="batch"):
    """Some contacts."""

    contacts: list[Contact]


class End(msgspec.Struct, tag="end"):
    """There are no more; what could not be seen, or why nothing could be."""

    missing: list[str]
    problem: str = ""
    code: int = 0


def of_store(place: str, window: Window, take: Take) -> list[str]:
    """Every contact that was stored; what is missing. Raises EngineError."""
    read = contacts(stored(FLOWS))
    try:
        with Reader(store_file(place)) as reader:
            for row in reader.rows(FLOWS, window=window):
                if (contact := read(row)) is not None:
                    take(contact)
            return reader.missing(window, [FLOWS.name])
    except StoreError as error:
        raise EngineError(str(error)) from None


def of_files(paths: list[str], mode: str, take: Take) -> list[str]:
    """Every contact in recordings; what is missing. Raises EngineError."""
    return _elsewhere(lambda give: _read(paths, mode, give), take)


def of_host(arguments: argparse.Namespace, take: Take) -> list[str]:
    """Every contact of this host for a span of time, or until it is interrupted. Raises EngineError."""
    return _elsewhere(lambda give: _watch(arguments, give), take)


class _Giving:
    """The child's side: contacts in frames."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._batch: list[Contact] = []

    def take(self, contact: Contact | None) -> None:
        """One more."""
        if contact is not None:
            self._batch.append(contact)
            if len(self._batch) >= BATCH:
                self.flush()

    def flush(self) -> None:
        """Hand over what there is."""
        if self._batch:
            self.send(Batch(self._batch))
            self._batch = []

    def send(self, frame: Batch | End) -> None:
        """One frame."""
        data = msgspec.msgpack.encode(frame)
        self._file.write(_LENGTH.pack(len(data)) + data)
        self._file.flush()


def _elsewhere(work: Callable[[_Giving], list[str]], take: Take) -> list[str]:
    out, into = os.pipe()  # no socket: a cell that holds packet sockets may write to none
    fork = Fork(lambda _: _give(into, work), mortal=True)
    os.close(into)
    try:
        with os.fdopen(out, "rb") as file, on_signal(lambda: fork.signal(signal.SIGTERM)):
            end = _taken(file, take)
    finally:
        fork.end(signalled=True)
    said = fork.said()
    if end is None:
        raise EngineError(said.strip().removeprefix("procwire: ") or "the reading process was ended")
    print(said, end="", file=sys.stderr)
    if end.problem:
        raise EngineError(end.problem, end.code)
    return end.missing


def _give(into: int, work: Callable[[_Giving], list[str]]) -> int:
    with os.fdopen(into, "wb") as file:
        giving = _Giving(file)
        try:
            missing = work(giving)
            giving.flush()
            giving.send(End(missing))
        except EngineError as error:
            giving.send(End([], str(error), error.code))
            return error.code
    return 0


def _taken(file: BinaryIO, take: Take) -> End | None:
    """Contacts until the end; None where it broke off."""
    while True:
        head = file.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        (size,) = _LENGTH.unpack(head)
        data = file.read(min(size, MAX_FRAME_BYTES))
        try:
            frame = msgspec.msgpack.decode(data, type=Batch | End)
        except msgspec.MsgspecError:
            return None
        if isinstance(frame, End):
            return frame
        for contact in frame.contacts:
            take(contact)


class _Reads(api.Silent):
    def __init__(self, give: _Giving) -> None:
        self._give = give
        self._read = contacts(FLOWS)
        self.context: api.Context | None = None

    def ended(self, flow: Flow) -> None:
        """See Listener."""
        self._give.take(self._read(FlowRow(flow, self.context) if self.context else FlowRow(flow)))


def _read(paths: list[str], mode: str, give: _Giving) -> list[str]:
    listener = _Reads(give)
    reading = api.Reading(api.ReadOptions(paths=tuple(paths), workers=1, sandbox=mode), listener)
    listener.context = api.Context(reading.source.interfaces, unowned=FROM_FILE)
    reading.run()
    missing = [str(reading.error)] if reading.error is not None else []
    evicted = reading.pipeline.tracker.counts.evicted
    return missing + ([f"{evicted} flows were given up: the flow table was full"] if evicted else [])


def _watch(arguments: argparse.Namespace, give: _Giving) -> list[str]:
    from procwire.cli.audience import Watcher
    from procwire.cli.capturing import losses_of, refused_by

    class Face(Watcher):
        def told(self, event: str, flow: Flow) -> None:
            if event == "end":
                give.take(read(self.wrap(flow)))

        def ticked(self, now: int) -> None:  # noqa: ARG002
            give.flush()

    read, face = contacts(FLOWS), Face()
    options = api.WatchOptions(
        interfaces=tuple(arguments.interface), seconds=arguments.live / 1e9, hashes=arguments.pin,
        sandbox=arguments.sandbox,
    )  # fmt: skip
    watching = api.Watching(options, face)
    face.context = api.Context(watching.source.interfaces, source="tap")
    face.watching = watching
    signal.signal(signal.SIGTERM, lambda *_: watching.stop())
    watching.run()
    if watching.error is not None:
        raise EngineError(str(watching.error), exit.FAILURE)
    refused = refused_by(watching)
    return [*losses_of(watching), *([f"{refused} owners were not looked up"] if refused else [])]


def span(arguments: argparse.Namespace) -> Window:
    """The time that --since and --until name."""
    from procwire.cli.history import window

    return window(arguments, time.time_ns())
