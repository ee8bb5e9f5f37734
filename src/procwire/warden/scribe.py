"""The ledger of a watch, kept by a process of its own: the engine may append to it, and no more.

The scribe is forked beside the warden, before anything is parsed. It opens the ledger's directory, and then
shuts itself in with nothing but that. What it takes is one message, ``Append``, of a few kinds, so large and
so many a second; it gives no answer and knows no word to read or to change a record. The time of a record is
its own. What commands lay into the ledger's inbox meanwhile is taken in as well (``ledger.inbox``): that
directory is its owner's alone. It ends when the engine has, with a checkpoint.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from procwire.ledger import inbox
from procwire.ledger.book import RECORDS, Book, create, opened
from procwire.ledger.tree import LedgerError
from procwire.sandbox import profile
from procwire.sandbox.confine import confine
from procwire.warden.line import Line, pair
from procwire.warden.messages import Append, MessageError, Opened, Refused, entry, pack, reply

KINDS = frozenset({
    "alert", "configuration", "dropped", "finding", "privilege", "rule", "sandbox", "started", "stopped",
})  # fmt: skip
MOST_A_SECOND = 500  # records; more are counted, and the count is a record
SYNC_SECONDS = 0.5  # a record is on the disk at most so much later
CHECKPOINT_SECONDS = 300.0
STEP_NS = 1_000_000_000  # between the two clocks: beyond it the time was set, which is a record
MAX_FAULTS = 16
LAST_SECONDS = 5.0  # its end is waited for so long


class Scribe:
    """Serves one engine until it is gone."""

    def __init__(self, line: Line, book: Book) -> None:
        self._line, self._book = line, book
        self._left, self._second = float(MOST_A_SECOND), time.monotonic()
        self._held_back = self._failed = self.faults = 0
        self._offset = time.time_ns() - time.monotonic_ns()
        self._synced = self._signed = time.monotonic()
        self._waiting = self._unsigned = False

    def run(self) -> None:
        """Until the engine is gone, or has said too much that made no sense."""
        poll = select.poll()
        poll.register(self._line.fileno(), select.POLLIN)
        while self.faults < MAX_FAULTS:
            if poll.poll(SYNC_SECONDS * 1000) and not self.serve():
                break
            self.settle()
        self._keep("stopped", {"who": "scribe", "faults": self.faults})
        self.settle(last=True)

    def serve(self) -> bool:
        """One message; False where nobody is there any more."""
        try:
            data, descriptor = self._line.take()
            if descriptor >= 0:
                os.close(descriptor)
                raise MessageError("a descriptor")
            if not data:
                return False
            self._take(entry(data))
        except MessageError:
            self.faults += 1
        except OSError:
            return False
        return True

    def settle(self, *, last: bool = False) -> None:
        """What has waited long enough goes to the disk, and is signed from time to time."""
        now = time.monotonic()
        offset = time.time_ns() - time.monotonic_ns()
        if abs(offset - self._offset) > STEP_NS:
            self._keep("clock-stepped", {"ns": offset - self._offset})
            self._offset = offset
        if self._held_back and self._left >= 1:
            held, self._held_back = self._held_back, 0
            self._keep("dropped", {"records": held, "reason": f"more than {MOST_A_SECOND} a second"})
        with contextlib.suppress(LedgerError):  # a full disk: what waits is written when there is room
            self._unsigned |= bool(inbox.take_in(self._book, now=time.time_ns()))
            if self._waiting and (last or now - self._synced >= SYNC_SECONDS):
                self._book.sync()
                self._waiting, self._synced = False, now
            if self._unsigned and (last or now - self._signed >= CHECKPOINT_SECONDS):
                self._book.checkpoint(now=time.time_ns())
                self._unsigned, self._signed = False, now

    def _take(self, said: Append) -> None:
        if said.kind not in KINDS:
            raise MessageError(f"no kind: {said.kind}")
        try:
            body = msgspec.json.decode(said.body, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError) as error:
            raise MessageError(str(error)) from None
        now = time.monotonic()
        self._left = min(MOST_A_SECOND, self._left + (now - self._second) * MOST_A_SECOND)
        self._second = now
        if self._left < 1:
            self._held_back += 1
            return
        self._left -= 1
        self._keep(said.kind, body)

    def _keep(self, kind: str, body: dict[str, Any]) -> None:
        try:
            if self._failed:
                body = {"records": self._failed, "reason": "they could not be written"}
                self._book.append("dropped", body, now=time.time_ns())
                self._failed = 0
            self._book.append(kind, body, now=time.time_ns())
        except LedgerError:
            self._failed += 1
            return
        self._waiting = self._unsigned = True


class Pen:
    """The engine's side: gives records, and never waits. ``lost``: records that found the line full."""

    def __init__(self, pid: int, line: Line) -> None:
        self.pid = pid
        self._line = line
        self.lost = 0
        self._left = False

    @property
    def gone(self) -> bool:
        """Whether the scribe has ended, and nothing is kept any more."""
        if not self._left:
            poll = select.poll()
            poll.register(self._line.fileno(), 0)
            self._left = bool(poll.poll(0))  # POLLHUP and POLLERR are told unasked
        return self._left

    def append(self, kind: str, body: dict[str, Any]) -> None:
        """One more record."""
        try:
            if self.lost:
                self._line.offer(
                    pack(
                        Append(
                            "dropped",
                            msgspec.json.encode({"records": self.lost, "reason": "the line was full"}),
                        )
                    )
                )
                self.lost = 0
            self._line.offer(pack(Append(kind, msgspec.json.encode(body))))
        except (OSError, MessageError):
            self.lost += 1

    def close(self) -> None:
        """Nothing more comes: wait until all is signed and on the disk."""
        self._line.close()
        end = time.monotonic() + LAST_SECONDS
        with contextlib.suppress(ChildProcessError):
            while not os.waitpid(self.pid, os.WNOHANG)[0] and time.monotonic() < end:
                time.sleep(0.005)


def start(mode: str, directory: Path, name: str) -> Pen:
    """Fork the scribe off, while there is one thread; it makes the ledger where there is none.

    Raises LedgerError.
    """
    mine, its = pair()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        code = 1
        with contextlib.suppress(BaseException):
            mine.close()
            _live(mode, directory, name, Line(its))
            code = 0
        os._exit(code)
    its.close()
    pen = Pen(pid, Line(mine))
    try:
        data, _ = pen._line.take()
        answer = reply(data) if data else Refused("the scribe has ended")
    except (OSError, MessageError) as error:
        answer = Refused(str(error))
    if not isinstance(answer, Opened):
        pen.close()
        raise LedgerError(answer.reason if isinstance(answer, Refused) else "the scribe is not understood")
    return pen


def _live(mode: str, directory: Path, name: str, line: Line) -> None:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)  # it ends when the engine has, and not before it
    try:
        now = time.time_ns()
        made = (directory / RECORDS).exists()
        book = opened(directory, now=now) if made else create(directory, name, hashed="sha256", now=now)
        confine(profile.scribe(mode, str(directory)))
    except (LedgerError, OSError) as error:
        os.write(line.fileno(), pack(Refused(str(error)[:500])))
        return
    os.write(line.fileno(), pack(Opened()))
    scribe = Scribe(line, book)
    try:
        scribe.run()
    finally:
        book.close()
