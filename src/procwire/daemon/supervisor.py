"""The process that stays: it keeps the door and the log, and starts the engine anew when it has ended.

An engine is a fork of it, which makes its own warden and shuts itself in. What was lost with an engine is
known from what it last said of itself, and is told. Too many ends within a short time end the whole.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable

import msgspec

from procwire.api.gate import Gate
from procwire.daemon.journal import Log
from procwire.daemon.notify import Notifier
from procwire.daemon.restarts import Restarts

TURN_SECONDS = 1.0  # the longest wait for something to carry
SILENT_SECONDS = 30.0  # an engine that says nothing for so long is ended
BEGIN_SECONDS = 60.0  # before it has said anything: loading programs may take long
STOP_SECONDS = 10.0  # an engine that is asked to end has so long to store what waits
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
OK, FAILURE, INCOMPLETE = 0, 1, 4


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine says of itself about once a second."""

    status: str = ""
    flows: int = 0  # that are open
    waiting: int = 0  # rows that are not stored yet


class Past(msgspec.Struct, kw_only=True):
    """What an engine is told of those before it."""

    restarts: int = 0
    reason: str = ""  # why the last one ended
    flows: int = 0  # that were open when an engine ended, in all
    rows: int = 0  # that were not stored then
    blind: float = 0.0  # seconds in which nobody watched
    ended: float = 0.0  # when the last one ended, monotonic; 0 once another is at work

    def over(self, now: float) -> None:
        """An engine is at work again."""
        if self.ended:
            self.blind += now - self.ended
            self.ended = 0.0


RunEngine = Callable[[socket.socket, Past], int]


class Supervisor:
    """``run_engine`` is called in a process of its own, with its line to the gate; it answers the exit code.

    ``reload``: called on SIGHUP; what it answers is sent to the engine.
    """

    def __init__(
        self,
        gate: Gate,
        run_engine: RunEngine,
        *,
        log: Log,
        notifier: Notifier,
        reload: Callable[[], bytes] = bytes,
    ) -> None:
        self.past = Past()
        self.engine = 0  # its pid, 0 for none
        self.code = FAILURE  # where an engine is given up
        self._gate = gate
        self._run_engine = run_engine
        self._log = log
        self._notifier = notifier
        self._reload = reload
        self._restarts = Restarts()
        self._asked: set[int] = set()  # signals that came
        self._pidfd = -1
        self._began = self._beaten = self._barked = 0.0
        self._beat: Beat | None = None
        self._ready = False
        gate.beaten = self._take_beat

    def run(self) -> int:
        """Until it is told to end, or the engine is given up."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        before = {
            number: signal.signal(number, lambda number, _: self._asked.add(number)) for number in SIGNALS
        }
        waker = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            return self._watch_over(reader)
        finally:
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)
            for descriptor in (reader, writer):
                os.close(descriptor)

    def _watch_over(self, reader: int) -> int:
        due: float | None = 0.0  # when an engine is to be started
        while True:
            now = time.monotonic()
            if not self.engine and due is not None and now >= due:
                self._start(now)
            wait = TURN_SECONDS if self.engine or due is None else min(TURN_SECONDS, max(0.0, due - now))
            also = (reader, self._pidfd) if self._pidfd >= 0 else (reader,)
            self._gate.poll(wait, also)
            with contextlib.suppress(BlockingIOError):
                os.read(reader, 64)
            if self._asked & {signal.SIGTERM, signal.SIGINT}:
                return self._stop()
            if signal.SIGHUP in self._asked:
                self._asked.discard(signal.SIGHUP)
                self._hang_up()
            code = self._look()
            if code is not None:
                due = self._mourn(code)
                if due is None:
                    return self.code

    def _start(self, now: float) -> None:
        """Fork an engine off."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sys.stdout.flush()
        gc.collect()
        gc.freeze()  # what is there stays shared: no look for cycles writes to it
        pid = os.fork()
        if not pid:
            code = FAILURE
            try:
                signal.set_wakeup_fd(-1)
                ours.close()
                self._gate.leave_to_others()
                code = self._run_engine(theirs, self.past)
            except Exception as error:  # a defect: nobody above would say so, as this is not main's stack
                self._log.error(f"the engine stopped at a defect: {type(error).__name__}: {error}")
                self._log.info(traceback.format_exc().rstrip())
            finally:
                sys.stdout.flush()
                os._exit(code)
        theirs.close()
        self.engine, self._pidfd = pid, os.pidfd_open(pid)
        self._began = self._beaten = now
        self._beat = None
        self._gate.attach(ours)

    def _take_beat(self, data: bytes) -> None:
        try:
            self._beat = msgspec.msgpack.decode(data, type=Beat)
        except msgspec.MsgspecError:
            return
        self._beaten = time.monotonic()
        self.past.over(self._beaten)
        if not self._ready:
            self._ready = True
            self._notifier.ready()
            self._log.info("ready")
        self._notifier.status(self._beat.status)
        if self._beaten - self._barked >= self._notifier.watchdog_seconds / 4:
            self._barked = self._beaten
            self._notifier.watchdog()

    def _look(self) -> int | None:
        """The engine's exit code, negative for a signal, once it has ended."""
        if not self.engine:
            return None
        silent = time.monotonic() - self._beaten
        if silent > (SILENT_SECONDS if self._beat is not None else BEGIN_SECONDS):
            self._log.error(f"the engine has said nothing for {silent:.0f} s: it is ended")
            self._kill(signal.SIGKILL)
        pid, status = os.waitpid(self.engine, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def _mourn(self, code: int) -> float | None:
        """It has ended by itself: say so, count what is lost; when the next begins, None for never."""
        now = time.monotonic()
        lived, beat = now - self._began, self._beat
        self._forget()
        past = self.past
        past.ended = past.ended or now
        past.reason = _why(code)
        past.restarts += 1
        lost = ""
        if beat is not None and code < 0:  # one that ends by itself says its last words, and stores them
            past.flows += beat.flows
            past.rows += beat.waiting
            lost = f": {beat.flows} flows that were open are cut off, {beat.waiting} rows were not stored yet"
        words = f"the engine {past.reason} after {lived:.1f} s{lost}"
        if beat is None and not self._ready:
            self.code = code if code > 0 else FAILURE  # it could not begin: that will not mend itself
            if code < 0:  # else it has said why
                self._log.error(f"{words}: it could not begin")
            return None
        pause = self._restarts.pause(now)
        if pause is None:
            self._log.error(f"{words}; too many ends within a short time: given up")
            return None
        self._log.error(f"{words}; a new one begins in {pause:g} s")
        self._notifier.status(f"the engine {past.reason}: a new one begins")
        return now + pause

    def _hang_up(self) -> None:
        self._notifier.reloading()
        data = self._reload()
        if data:
            self._gate.order(data)
        self._notifier.ready()

    def _stop(self) -> int:
        """End the engine, and wait for it."""
        self._notifier.stopping()
        code = self._end() if self.engine else OK
        self._gate.close()
        if code < 0 or (code and code != INCOMPLETE):
            return FAILURE
        return INCOMPLETE if code or self.past.restarts else OK

    def _end(self) -> int:
        """Ask the engine to end, and see to it that it does."""
        self._kill(signal.SIGTERM)
        self._beaten = end = time.monotonic() + STOP_SECONDS
        while (code := self._look()) is None and time.monotonic() < end:
            self._gate.poll(0.05, (self._pidfd,))
        if code is None:
            self._log.error(f"the engine did not end within {STOP_SECONDS:g} s: it is ended")
            self._kill(signal.SIGKILL)
            os.waitpid(self.engine, 0)
            code = FAILURE
        self._forget()
        return code

    def _kill(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.engine, number)

    def _forget(self) -> None:
        os.close(self._pidfd)
        self.engine, self._pidfd = 0, -1
        self._gate.detach()


def _why(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
