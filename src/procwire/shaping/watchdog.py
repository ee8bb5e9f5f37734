"""The process that shapes, and that puts the network back: when a lease ends, nobody confirms, an owner dies.

It is shaping's warden: it alone does the steps, which it is asked for by typed requests (``requests``) over a
socket in its directory, and it keeps the journal. It is in a session of its own, so that neither a closed
terminal nor a signal to the command's group reaches it. It holds each namespace by a descriptor with a
netlink socket inside, the marks of control groups, and a pidfd of each owner; it needs nothing of the command
that started it, which may be killed. One a state directory, by a lock. On SIGTERM it puts everything back and
ends; with nothing left to watch it ends too.

``python -m procwire.shaping.watchdog DIRECTORY``
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import socket
import sys
from pathlib import Path

from procwire.shaping import journal
from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import Journal
from procwire.shaping.keeper import Keeper
from procwire.shaping.requests import Refused, Request, send, take_request

LOCK, SOCKET = "watchdog.lock", "watchdog.sock"
TICK_NS = 1_000_000_000  # between two looks at what nobody tells of
MAX_CALLERS = 64  # the one that called first is hung up on when there are more
PATIENCE = 5.0  # seconds that a caller has for its request, and to take its answer


class Watchdog:
    """Watches the entries of a journal."""

    def __init__(self, folder: Path) -> None:
        self.keeper = Keeper(Journal(folder))
        self._stopping = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = folder / SOCKET
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(16)
        self._callers: dict[int, socket.socket] = {}
        self._asked: dict[int, Request] = {}  # what each was last answered
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._waker)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def run(self) -> None:
        """Until nothing is left to watch, or it is told to stop."""
        self.keeper.look()
        idle = False
        while not self._stopping:
            if not self.keeper.holds and idle:
                break
            idle = not self._wait()
            self.keeper.end_what_is_due()
            self.keeper.recording.settle()
        self.keeper.end_all()
        self.keeper.recording.settle()
        self._listener.close()
        for number in list(self._callers):
            self._hang_up(number)

    def _wait(self) -> bool:
        """Until something happens or is due; whether somebody asked something."""
        poll = select.poll()
        for descriptor in (self._listener.fileno(), self._wake):
            poll.register(descriptor, select.POLLIN)
        holds = self.keeper.holds.values()
        owners = {hold.owner: hold for hold in holds if hold.owner >= 0 and not hold.is_over}
        for descriptor in (*owners, *self._callers):
            poll.register(descriptor, select.POLLIN)
        due = [hold.next_ns() - journal.now() for hold in holds]
        pause = min([TICK_NS, *due])
        asked = False
        for descriptor, _ in poll.poll(max(0, pause) / 1e6):
            if descriptor == self._listener.fileno():
                self._accept()
                asked = True
            elif descriptor in self._callers:
                self._answer(descriptor)
                asked = True
            elif descriptor in owners:
                owners[descriptor].is_over = True
            else:
                os.read(self._wake, 64)
        return asked

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        self._callers[connection.fileno()] = connection
        if len(self._callers) > MAX_CALLERS:
            self._hang_up(next(iter(self._callers)))
        with contextlib.suppress(BlockingIOError):
            if connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):  # most have asked already
                self._answer(connection.fileno())

    def _hang_up(self, number: int) -> None:
        self._callers.pop(number).close()
        self._asked.pop(number, None)

    def _answer(self, number: int) -> None:
        """One request. Who dies before it has taken its answer, is not to have shaped anything.

        A unix socket that is closed with bytes left in it resets its other end (unix_release_sock).
        """
        caller = self._callers.get(number)
        if caller is None:
            return
        try:
            asked = take_request(caller)
        except ConnectionResetError:
            if number in self._asked:
                self.keeper.forget(self._asked[number])
            asked = None
        except (OSError, ShapingError) as error:
            with contextlib.suppress(OSError):
                send(caller, Refused(str(error)))
            asked = None
        if asked is None:
            self._hang_up(number)
            return
        answer = self.keeper.answer(asked)
        self._asked[number] = asked
        try:
            send(caller, answer)
        except OSError:
            self.keeper.forget(asked)
            self._hang_up(number)

    def _stop(self, *_: object) -> None:
        self._stopping = True


def main(folder: Path) -> int:
    """Watch, if nobody else does; a byte on standard output says that somebody does."""
    if os.fork():  # nobody's child: whoever started it need not wait for it
        os._exit(0)
    os.chdir("/")
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        _say_ready()
        return 0
    watchdog = Watchdog(folder)
    _shut_in()
    _say_ready()
    watchdog.run()
    return 0


def _shut_in() -> None:
    from procwire.sandbox import profile  # which those who ask this process need not load
    from procwire.sandbox.confine import confine
    from procwire.sandbox.plan import BEST_EFFORT

    confine(profile.shaper(BEST_EFFORT))


def _say_ready() -> None:
    """Tell whoever waits, and let go of the last thing that is shared with it."""
    with contextlib.suppress(OSError):
        os.write(1, b"!")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
