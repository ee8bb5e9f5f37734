"""Signals as something to read, with who sent them (signalfd(2)).

A key on the terminal signals the whole foreground group, so the command has it already; a signal from a
process was meant for this one alone and is handed on. Only the sender's code tells them apart, and Python's
handlers lack it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

WATCHED = (
    signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1,
    signal.SIGUSR2,
)  # fmt: skip
_NONBLOCK_CLOEXEC = os.O_NONBLOCK | os.O_CLOEXEC
_INFO = struct.Struct("=IiiI112x")  # signalfd_siginfo: signo, errno, code, pid
_BY_KERNEL = 0x80  # SI_KERNEL
_SET_BYTES = 128  # sigset_t


class Sent(NamedTuple):
    """A signal, and whether it was sent to this process alone."""

    number: int
    alone: bool


class Signals:
    """Blocks the watched signals of this thread while it is open; a context manager."""

    def __init__(self) -> None:
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        libc = ctypes.CDLL(None, use_errno=True)
        bits = sum(1 << (number - 1) for number in WATCHED)
        mask = ctypes.create_string_buffer(bits.to_bytes(_SET_BYTES, sys.byteorder))
        self._descriptor: int = libc.signalfd(-1, mask, _NONBLOCK_CLOEXEC)
        if self._descriptor < 0:
            number = ctypes.get_errno()
            self._unblock()
            raise OSError(number, f"signalfd: {os.strerror(number)}")

    def __enter__(self) -> Signals:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        self._unblock()

    def fileno(self) -> int:
        """For select."""
        return self._descriptor

    def read(self) -> Iterator[Sent]:
        """Those that came."""
        while True:
            try:
                told = os.read(self._descriptor, _INFO.size)
            except BlockingIOError:
                return
            number, _, code, _ = _INFO.unpack(told)
            yield Sent(number, code != _BY_KERNEL)

    def _unblock(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)
