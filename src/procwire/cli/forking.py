"""Processes beside the terminal: forked before the screen is taken, ended with it, their words kept.

What such a process says on standard error would tear the screen; it goes into a file in memory, and is shown
when the screen is given back.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import NoReturn

MAX_SAID = 1 << 16  # bytes of its words that are shown
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG, prctl(2)
END_SECONDS = 5.0  # it has so long to end by itself
STEP_SECONDS = 0.02


class Fork:
    """A child with one end of a socket pair; ``made`` is ours.

    ``others``: sockets that are not the child's to keep. ``mortal``: it ends when this process does.
    """

    def __init__(
        self, work: Callable[[socket.socket], int], *others: socket.socket, mortal: bool = False
    ) -> None:
        self.made, theirs = socket.socketpair()
        self._words = os.memfd_create("procwire-said")
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.made.close()
            for other in others:
                other.close()
            if mortal:
                ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGTERM)
            _become(work, theirs, self._words)
        theirs.close()
        self.code: int | None = None

    def said(self) -> str:
        """What it said on standard error so far."""
        return os.pread(self._words, MAX_SAID, 0).decode("utf-8", "replace")

    @property
    def ended(self) -> bool:
        """Whether it has."""
        return self.code is not None or self._gone()

    def end(self, *, signalled: bool = False) -> int:
        """Let it end, and wait; its exit code. ``signalled``: it is told by SIGTERM as well."""
        self.made.close()
        if signalled and self.code is None:
            self.signal(signal.SIGTERM)
        limit = time.monotonic() + END_SECONDS
        while self.code is None and not self._gone():
            if time.monotonic() > limit:
                self.signal(signal.SIGKILL)
            time.sleep(STEP_SECONDS)
        return self.code or 0

    def _gone(self) -> bool:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.code = os.waitstatus_to_exitcode(status)
        return bool(pid)

    def signal(self, number: int) -> None:
        """Send it a signal, if it is there."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return


def _become(work: Callable[[socket.socket], int], made: socket.socket, words: int) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal decides when this ends
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(words, 1)
        os.dup2(words, 2)
        sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        code = work(made)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        print(
            f"procwire: {type(error).__name__}: {error}" if not str(error) else f"procwire: {error}",
            file=sys.stderr,
        )
        sys.stderr.flush()
    finally:
        os._exit(code)
