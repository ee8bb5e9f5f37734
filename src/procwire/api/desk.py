"""Where an engine answers faces: requests in, messages out, in the time that is left beside its packets.

Runs inside the engine's loop and never waits: ``work`` does a bounded part of what is to be done. What a
face does not read in time is kept up to MAX_QUEUED bytes; then its answers pause, and events of its feeds are
lost, counted, and told to it. What goes wrong with a face ends that face alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from procwire import __version__
from procwire.api import answering
from procwire.api.catalogue import AskedError, Catalogue
from procwire.api.face import MAX_QUEUED, Face
from procwire.api.feed import Feed
from procwire.api.messages import (
    VERSION,
    AskFlow,
    AskRows,
    AskTables,
    Cancel,
    Failed,
    Hello,
    MessageError,
    Request,
    Subscribe,
    Welcome,
    request,
)
from procwire.api.offers import Viewer

MAX_FACES = 32
MAX_OF_USER = 8  # faces of one user who is not root, so that nobody keeps others out
SILENT_SECONDS = 10.0  # a face that has not said Hello by then is let go
SHARE = 0.1  # of the time goes to faces, at most
MOST_SECONDS = 0.05  # in one go
LEAST_SECONDS = 0.002
MAX_PENDING = 20_000  # events that wait to be told; beyond, each feed of their table loses them


class Outlet(Protocol):
    """What carries bytes to faces. Never waits."""

    def give(self, face: int, data: bytes) -> bool:
        """Take these bytes for a face; False where nothing can be taken now."""

    def drop(self, face: int) -> None:
        """Let the face go, once what was taken for it is with it."""


class Counts(msgspec.Struct):
    """What became of faces and their requests."""

    faces: int = 0  # that came, in all
    refused: int = 0  # for which there was no room
    faults: int = 0  # faces that spoke another language
    requests: int = 0
    events: int = 0  # told
    lost: int = 0  # not told, as a face or the time was too slow


class Desk:
    """``clock`` is monotonic, in seconds; ``wall``: ns since 1970, from which relative times count."""

    def __init__(
        self,
        catalogue: Catalogue,
        outlet: Outlet,
        *,
        clock: Callable[[], float],
        wall: Callable[[], int],
        started: str = "",
        pid: int = 0,
    ) -> None:
        self.catalogue = catalogue
        self.counts = Counts()
        self._outlet = outlet
        self._clock = clock
        self._wall = wall
        self._started = started
        self._pid = pid
        self._faces: dict[int, Face] = {}
        self._pending: deque[tuple[str, str, Any]] = deque()
        self._feeds = 0
        self._worked = clock()

    # From the outlet.

    def come(self, number: int, viewer: Viewer) -> None:
        """A face is there."""
        self.counts.faces += 1
        same = sum(face.viewer.uid == viewer.uid for face in self._faces.values())
        if len(self._faces) >= MAX_FACES or (same >= MAX_OF_USER and viewer.uid):
            self.counts.refused += 1
            face = Face(number, viewer, self._clock())
            face.say(Failed(0, "limit", "too many faces at once"))
            self._flush(face)
            self._outlet.drop(number)
            return
        self._faces[number] = Face(number, viewer, self._clock())

    def hear(self, number: int, data: bytes) -> None:
        """Bytes of a face."""
        face = self._faces.get(number)
        if face is None:
            return
        try:
            for body in face.frames.feed(data):
                self.counts.requests += 1
                self._take(face, request(body))
        except MessageError as error:
            self.counts.faults += 1
            face.say(Failed(0, "request", str(error)[:200]))
            self._end(face)

    def drained(self, number: int, count: int) -> None:
        """So many bytes are with the face now."""
        if (face := self._faces.get(number)) is not None:
            face.in_flight = max(0, face.in_flight - count)

    def leave(self, number: int) -> None:
        """The face is gone."""
        face = self._faces.pop(number, None)
        if face is not None:
            self._feeds -= len(face.feeds)

    def leave_all(self) -> None:
        """Whoever carried bytes to faces is gone, and they with it."""
        for number in list(self._faces):
            self.leave(number)

    # From the engine.

    def publish(self, table: str, event: str, row: Any) -> None:
        """Something happened in a table; told to feeds with the next ``work``."""
        if not self._feeds:
            return
        if len(self._pending) >= MAX_PENDING:
            for face in self._faces.values():
                for feed in face.feeds.values():
                    if feed.wants(table, row):
                        feed.lost += 1
                        self.counts.lost += 1
            return
        self._pending.append((table, event, row))

    def work(self) -> None:
        """What can be done in the time that faces have; to be called often."""
        started = self._clock()
        budget = min(MOST_SECONDS, max(LEAST_SECONDS, (started - self._worked) * SHARE))
        self._worked = started
        end = started + budget
        self._tell(end)
        for face in list(self._faces.values()):
            if not face.greeted and started - face.since > SILENT_SECONDS:
                self._end(face)
                continue
            self._refresh(face, started)
            self._flush(face)
        going = True
        while going and self._clock() < end:
            going = False
            for face in list(self._faces.values()):
                going = self._step(face) or going
        for face in list(self._faces.values()):
            self._flush(face)

    @property
    def faces(self) -> list[Face]:
        """Those that are there."""
        return list(self._faces.values())

    @property
    def present(self) -> int:
        """Faces now."""
        return len(self._faces)

    # Inner steps.

    def _take(self, face: Face, asked: Request) -> None:
        if isinstance(asked, Hello):
            if asked.version != VERSION:
                words = f"this engine speaks version {VERSION} of the language, not {asked.version}"
                face.say(Failed(0, "version", words))
                self._end(face)
                return
            face.greeted = True
            sees = face.viewer.sees
            program = f"procwire {__version__}"
            face.say(
                Welcome(version=VERSION, program=program, sees=sees, pid=self._pid, started=self._started)
            )
            return
        if not face.greeted:
            raise MessageError("a face says Hello first")
        try:
            self._answer(face, asked)
        except AskedError as error:
            face.say(error.failed)

    def _answer(self, face: Face, asked: Request) -> None:
        if isinstance(asked, Cancel):
            self._feeds -= asked.id in face.feeds
            face.cancel(asked.id)
        elif isinstance(asked, Subscribe):
            feed = Feed(self.catalogue, asked, face.viewer, self._wall())
            before = len(face.feeds)
            face.subscribe(asked, feed, self._clock())
            self._feeds += len(face.feeds) - before
        elif isinstance(asked, AskTables):
            face.ask(asked.id, answering.tables(self.catalogue, asked.id))
        elif isinstance(asked, AskRows):
            face.ask(asked.id, answering.rows(self.catalogue, asked, face.viewer, self._wall()))
        elif isinstance(asked, AskFlow):
            face.ask(asked.id, answering.flow(self.catalogue, asked, face.viewer))

    def _step(self, face: Face) -> bool:
        """One step of one answer; False where there is nothing to do for this face now."""
        try:
            going = face.step()
        except MessageError as error:  # one row too large to be told
            face.say(Failed(0, "limit", str(error)))
            return True
        self._flush(face)
        return going

    def _tell(self, end: float) -> None:
        """Events to feeds, as long as there is time; faces whose queue is full lose them."""
        while self._pending and self._clock() < end:
            table, event, row = self._pending.popleft()
            for face in self._faces.values():
                for feed in face.feeds.values():
                    message = feed.see(table, event, row)
                    if message is None:
                        continue
                    if face.tell(feed, message):
                        self.counts.events += 1
                    else:
                        self.counts.lost += 1

    def _refresh(self, face: Face, now: float) -> None:
        for feed in face.feeds.values():
            if feed.due(now):
                face.ask(feed.id, feed.update(now, self._wall()), hidden=True)

    def _flush(self, face: Face) -> None:
        while (data := face.next()) is not None:
            if not self._outlet.give(face.number, data):
                return
            face.sent(data)

    def _end(self, face: Face) -> None:
        self._flush(face)
        self._outlet.drop(face.number)
        self.leave(face.number)


__all__ = ["MAX_QUEUED", "Counts", "Desk", "Outlet"]
