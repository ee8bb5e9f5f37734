"""The engine's side of the line: owners and packet sockets, asked of the warden."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Self

from procwire.capture.opening import RingWish
from procwire.capture.source import CaptureError
from procwire.model.process import Owner
from procwire.processes.answers import Look
from procwire.processes.keys import Key
from procwire.processes.noted import NotedOwners
from procwire.processes.notes import Notes
from procwire.sandbox import precedence
from procwire.warden.facts import Mirror
from procwire.warden.gallery import Gallery
from procwire.warden.line import Line, close_all
from procwire.warden.messages import (
    MOST_TOGETHER,
    Answers,
    Drawn,
    Found,
    Learned,
    LookUp,
    LookUps,
    MessageError,
    Opened,
    OpenKeys,
    OpenRing,
    Picture,
    Pictured,
    Refresh,
    Refreshed,
    Refused,
    Reply,
    Request,
    pack,
    reply,
)

GONE = "the warden has ended"
LAST_SECONDS = 1.0  # its end is waited for so long
STEP_SECONDS = 0.002


class WardenError(OSError):
    """The warden refuses, has ended, or answers what it was not asked."""


class RemoteOwners:
    """Owners (processes.owners.Owners) as the warden knows them; a context manager. For one thread.

    What can be read in the kernel's notes, of processes that the warden has told of, is not asked for.
    """

    def __init__(self, line: Line, mirror: Mirror, notes: Notes | None = None) -> None:
        self._line = line
        self._mirror = mirror
        self._noted = NotedOwners(notes) if notes is not None else None
        self._near: dict[Key, Look] = {}  # answered by notes, and not taken yet
        self._ahead: deque[Key] = deque()  # asked for together, and not taken yet
        self._came: deque[Found | Refused] = deque()  # answers to the first of them

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask no more."""
        self._line.close()
        if self._noted is not None:
            self._noted.close()

    def look(self, key: Key) -> Look:
        """See Owners. Raises WardenError."""
        near = self._near.pop(key, None)
        if near is None and self._noted is not None and not (self._ahead and self._ahead[0] == key):
            near = self._noted.look(key)
        if near is not None:
            return near
        answer = self._answer(key)
        if not isinstance(answer, Found):
            raise WardenError(0, f"the warden says {type(answer).__name__}")
        look = self._mirror.look(answer)
        if self._noted is not None:
            self._noted.learn(key, look)
        return look

    def glimpse(self, key: Key) -> Look | None:
        """What can be said without asking anybody (processes.noted); any thread may want to know."""
        return self._noted.glimpse(key) if self._noted is not None else None

    def stands(self, key: Key, owner: Owner) -> bool:
        """See Owners."""
        return self._noted is not None and self._noted.stands(key, owner)

    def lacks(self, key: Key, owner: Owner) -> bool:
        """See Owners."""
        return self._noted is not None and self._noted.lacks(key, owner)

    def refresh(self) -> int:
        """See Owners. Raises WardenError."""
        self._forget()
        answer = _asked(self._line, Refresh())
        if not isinstance(answer, Refreshed):
            return 0
        if self._noted is not None:
            self._noted.renew(answer.addresses)
        return answer.sockets

    def ahead(self, keys: Sequence[Key]) -> None:
        """Ask for all of them now, in one message: they are answered while the first is awaited.

        MOST_TOGETHER at most.
        """
        self._forget()
        together = [key for key in keys[:MOST_TOGETHER] if not self._is_near(key)]
        if not together:
            return
        try:
            self._line.give(pack(LookUps([LookUp(*key) for key in together])))
        except OSError:
            return  # whoever asks one by one is told why
        self._ahead.extend(together)

    def _is_near(self, key: Key) -> bool:
        look = self._noted.look(key) if self._noted is not None else None
        if look is not None:
            self._near[key] = look
        return look is not None

    def _answer(self, key: Key) -> Reply:
        if not self._ahead or self._ahead[0] != key:
            self._forget()
            return _asked(self._line, LookUp(*key))
        self._ahead.popleft()
        if not self._came:
            try:
                self._hear()
            except WardenError:
                self._ahead.clear()
                raise
        answer = self._came.popleft()
        if isinstance(answer, Refused):
            raise WardenError(0, answer.reason)
        return answer

    def _hear(self) -> None:
        """The next answers to what was asked for together. Raises WardenError."""
        told = _heard(self._line)
        if not isinstance(told, Answers) or not 0 < len(told.each) <= len(self._ahead) + 1:
            raise WardenError(0, f"the warden says {type(told).__name__}")
        self._came.extend(told.each)

    def _forget(self) -> None:
        """Answers that nobody waits for any more."""
        with contextlib.suppress(WardenError):
            while len(self._ahead) > len(self._came):
                told = _heard(self._line)
                if not isinstance(told, Answers):
                    break
                self._came.extend(told.each)
        self._ahead.clear()
        self._came.clear()
        self._near.clear()


class Warden:
    """The other process, as its engine sees it. Sockets are asked for, and news is heard, on one thread."""

    def __init__(self, pid: int, asking: Line, opening: Line, notes: Notes | None = None) -> None:
        self.pid = pid
        self.mirror = Mirror()
        self.owners = RemoteOwners(asking, self.mirror, notes)
        self.gallery = Gallery(lambda table: opening.give(pack(Picture(Drawn(table))), wait=False))
        self._line = opening
        self._ended = False

    def ask(self) -> RemoteOwners:
        """Who knows owners."""
        return self.owners

    def open_ring(self, wish: RingWish) -> socket.socket:
        """See capture.opening. Raises CaptureError."""
        words = {name: getattr(wish, name) for name in OpenRing.__struct_fields__}
        try:
            self._line.give(pack(OpenRing(**words)))
            answer, descriptor = self._next()
        except (OSError, MessageError) as error:
            raise CaptureError(wish.name, None, str(error)) from None
        if isinstance(answer, Opened) and descriptor >= 0:
            return socket.socket(fileno=descriptor)
        close_all([descriptor])
        reason = answer.reason if isinstance(answer, Refused) else f"the warden says {type(answer).__name__}"
        raise CaptureError(wish.name, None, reason)

    def open_keys(self) -> int:
        """A descriptor of the key log that was named at the start; -1 where it cannot be opened now."""
        try:
            self._line.give(pack(OpenKeys()))
            answer, descriptor = self._next()
        except (OSError, MessageError):
            return -1
        if isinstance(answer, Opened):
            return descriptor
        close_all([descriptor] if descriptor >= 0 else [])
        return -1

    def hear(self) -> bool:
        """Take in what the warden has learned; False where it has ended. Often, on the engine's thread."""
        precedence.tick()
        try:
            while True:
                data, descriptor = self._line.take(wait=False)
                close_all([descriptor] if descriptor >= 0 else [])
                if not data:
                    return False
                self._learn(data)
        except BlockingIOError:
            return True
        except OSError:
            return False

    def close(self) -> None:
        """End it, and wait a moment until it has: in the middle of a long look it ends after it.

        May be called twice.
        """
        if self._ended:
            return
        self._ended = True
        self.owners.close()
        self._line.close()
        end = time.monotonic() + LAST_SECONDS
        with contextlib.suppress(ChildProcessError):
            while not os.waitpid(self.pid, os.WNOHANG)[0] and time.monotonic() < end:
                time.sleep(STEP_SECONDS)

    def _next(self) -> tuple[Reply, int]:
        """The next answer; news on the way is taken in."""
        while True:
            data, descriptor = self._line.take()
            if not data:
                raise WardenError(0, GONE)
            answer = reply(data)
            if not isinstance(answer, Learned | Pictured):
                return answer, descriptor
            self._hear(answer)

    def _learn(self, data: bytes) -> None:
        try:
            news = reply(data)
        except MessageError:
            return
        if isinstance(news, Learned | Pictured):
            self._hear(news)

    def _hear(self, news: Learned | Pictured) -> None:
        if isinstance(news, Pictured):
            self.gallery.take(news)
        else:
            self.mirror.learn(news)


def _asked(line: Line, asked: Request) -> Reply:
    try:
        line.give(pack(asked))
    except OSError:
        raise WardenError(0, GONE) from None
    return _heard(line)


def _heard(line: Line) -> Reply:
    try:
        data, descriptor = line.take()
        close_all([descriptor] if descriptor >= 0 else [])
        answer = reply(data) if data else None
    except (BrokenPipeError, ConnectionResetError):
        raise WardenError(0, GONE) from None
    except MessageError as error:
        raise WardenError(0, str(error)) from None
    if answer is None:
        raise WardenError(0, GONE)
    if isinstance(answer, Refused):
        raise WardenError(0, answer.reason)
    return answer
