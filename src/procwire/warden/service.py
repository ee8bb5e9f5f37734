"""What the warden does all day: one request, one answer. It believes nothing that it is told.

Whatever is not a request it answers with a refusal, and after MAX_FAULTS of those it ends: an engine that
speaks another language is not its engine any more.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from procwire.capture.opening import RingWish, open_ring
from procwire.capture.source import CaptureError
from procwire.processes.answers import Look
from procwire.processes.keys import Key
from procwire.sandbox import precedence
from procwire.warden.easel import Easel, Painter
from procwire.warden.facts import Shelf
from procwire.warden.line import Line, close_all
from procwire.warden.messages import (
    MOST_ADDRESSES,
    Answers,
    Found,
    LookUp,
    LookUps,
    MessageError,
    Opened,
    OpenKeys,
    OpenRing,
    Picture,
    Refresh,
    Refreshed,
    Refused,
    Reply,
    Request,
    pack,
    request,
)

MAX_FAULTS = 16
BUSY_MS = 1  # from one part of a picture to the next
TICK_MS = 250  # so often it looks whether something was learned that an engine should know
MOST_RING_BYTES = 1 << 30


class Asked(Protocol):
    """Who knows owners (processes.owners.Owners)."""

    def look(self, key: Key) -> Look:
        """Whose it is."""

    def refresh(self) -> int:
        """See every socket."""

    def addresses(self) -> list[bytes]:
        """Of this host, as of then."""


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What this engine may ask for; said before there was one."""

    names: tuple[str, ...] = ()  # interfaces; none: any
    promiscuous: bool = False
    rings: bool = True
    ring_bytes: int = MOST_RING_BYTES
    keylog: str = ""  # the one file that it may have opened


class Service:
    """Serves one engine on two lines: owners are asked for on one, sockets and pictures on the other.

    ``painter`` makes the rows of a table, one by one.
    """

    def __init__(
        self,
        lines: tuple[Line, Line],
        owners: Asked | None,
        allowed: Allowed,
        *,
        opener: Callable[[RingWish], socket.socket] = open_ring,
        painter: Painter | None = None,
    ) -> None:
        self.lines = lines
        self.owners = owners
        self.allowed = allowed
        self.faults = 0
        self.shelf = Shelf()
        self._opener = opener
        self._easel = Easel(lines[1], painter)

    def run(self) -> None:
        """Until the engine is gone, or has said too much that made no sense."""
        poll = select.poll()
        for line in self.lines:
            poll.register(line.fileno(), select.POLLIN)
        next_tick = 0.0
        while self.faults < MAX_FAULTS:
            ready = {descriptor for descriptor, _ in poll.poll(BUSY_MS if self._easel.busy else TICK_MS)}
            self._easel.work()
            precedence.tick()
            for line in self.lines:
                if line.fileno() in ready and not self.serve(line):
                    return
            if time.monotonic() >= next_tick:
                self.tell()
                next_tick = time.monotonic() + TICK_MS / 1000

    def serve(self, line: Line) -> bool:
        """One request; False where nobody is there any more."""
        try:
            data, descriptor = line.take()
        except MessageError as error:
            return self._refuse(line, error)
        except OSError:
            return False
        if descriptor >= 0:
            close_all([descriptor])
            return self._refuse(line, MessageError("a descriptor that nobody asked for"))
        if not data:
            return False
        try:
            asked = request(data)
        except MessageError as error:
            return self._refuse(line, error)
        return self._answer(line, asked)

    def tell(self) -> None:
        """What was learned of programs and containers since."""
        news = self.shelf.news()
        if news is not None:
            with contextlib.suppress(OSError, MessageError):
                self.lines[1].give(pack(news))

    def _answer(self, line: Line, asked: Request) -> bool:
        if isinstance(asked, Picture):
            self._easel.begin(asked.table)
            return True
        if isinstance(asked, LookUps):
            return self._answer_all(line, asked)
        made: socket.socket | None = None
        file = -1
        reply: Reply
        try:
            if isinstance(asked, OpenRing):
                made = self._open(asked)
                reply = Opened()
            elif isinstance(asked, OpenKeys):
                file = self._open_keys()
                reply = Opened()
            elif self.owners is None:
                reply = Refused("owners are not looked up")
            elif isinstance(asked, LookUp):
                reply = self._look(self.owners, asked)
            else:
                assert isinstance(asked, Refresh)
                reply = _refreshed(self.owners)
        except (CaptureError, OSError, MessageError) as error:
            reply = Refused(getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error))
        try:
            line.give(_packed(reply), made.fileno() if made is not None else file)
        except OSError:
            return False
        finally:
            if made is not None:
                made.close()
            close_all([file] if file >= 0 else [])
        return True

    def _answer_all(self, line: Line, asked: LookUps) -> bool:
        try:
            for data in _parts([self._told(key) for key in asked.keys]):
                line.give(data)
        except OSError:
            return False
        return True

    def _told(self, asked: LookUp) -> Found | Refused:
        if self.owners is None:
            return Refused("owners are not looked up")
        try:
            return self._look(self.owners, asked)
        except OSError as error:
            return Refused(error.strerror or str(error))

    def _look(self, owners: Asked, asked: LookUp) -> Found:
        found = owners.look(Key(asked.proto, asked.src, asked.sport, asked.dst, asked.dport, asked.at))
        return self.shelf.found(found)

    def _open(self, asked: OpenRing) -> socket.socket:
        allowed = self.allowed
        if not allowed.rings or (allowed.names and asked.name not in allowed.names):
            raise CaptureError(asked.name, None, "not an interface of this watch")
        if asked.promiscuous and not allowed.promiscuous:
            raise CaptureError(asked.name, None, "promiscuous mode was not asked for at the start")
        if asked.blocks * asked.block_bytes > allowed.ring_bytes:
            raise CaptureError(asked.name, None, "more memory than a ring may have")
        if socket.if_nametoindex(asked.name) != asked.index:
            raise CaptureError(asked.name, None, "another interface has its name now")
        return self._opener(RingWish(**msgspec.structs.asdict(asked)))

    def _open_keys(self) -> int:
        """To read; nothing is read here."""
        if not self.allowed.keylog:
            raise MessageError("no key log was named at the start")
        return os.open(self.allowed.keylog, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)

    def _refuse(self, line: Line, error: MessageError) -> bool:
        self.faults += 1
        try:
            line.give(pack(Refused(f"not understood: {str(error)[:200]}")))
        except (OSError, MessageError):
            return False
        return True


def _refreshed(owners: Asked) -> Refreshed:
    seen, addresses = owners.refresh(), owners.addresses()
    return Refreshed(seen, addresses if len(addresses) <= MOST_ADDRESSES else [])


def _packed(reply: Reply) -> bytes:
    try:
        return pack(reply)
    except MessageError as error:
        return pack(Refused(f"the answer cannot be told: {error}"))


def _parts(told: list[Found | Refused]) -> list[bytes]:
    """As few messages as they fit into; what cannot be told is refused, by itself."""
    try:
        return [pack(Answers(told))]
    except MessageError as error:
        if len(told) == 1:
            return [pack(Answers([Refused(f"the answer cannot be told: {error}")]))]
    half = len(told) // 2
    return [*_parts(told[:half]), *_parts(told[half:])]
