"""Being served before others, for as long as little is taken: who watches must not be the last to know.

A watch computes for a few milliseconds at a time. Where others keep every core busy it would wait for each
of them behind whoever computes, a time slice or more, while flows begin. So its threads have a niceness of
-10, as a log's daemon may (auditd has -4 by default, ``priority_boost``). A thread that takes more than half
a core gives that back until it takes less, so that no flood of packets makes it a burden. Who starts procwire
with a niceness of their own (``nice``, systemd's ``Nice=``) keeps it.

The niceness is that of a thread (setpriority(2), Linux); a filter may let it be set for the caller alone.

And its time slices are short (sched_setattr(2), Linux 6.12): who asks for less at a time is served sooner,
before whoever computes in longer ones, and has no more in the end. That takes no right, and is kept.
"""

from __future__ import annotations

import contextlib
import os
import resource
import struct
import time
from collections.abc import Callable
from threading import local

from procwire.sandbox.capabilities import SYS_NICE, effective
from procwire.sandbox.syscalls import SandboxError, call

NICE = -10
MOST_SHARE = 0.5  # of a core: above it a thread is as all others are
LEAST_SHARE = 0.25  # below it, it is served before them again
SPAN_SECONDS = 1.0  # over which that is measured
SLICE_NS = 500_000  # by itself Linux 6.18 gives 1.4 ms on two cores

_LIMIT = 20 - NICE  # as RLIMIT_NICE counts
# struct sched_attr of linux/sched/types.h: size, policy, flags, nice, priority; runtime, deadline, period
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
_KEEP_POLICY = 0x08  # Linux 5.3

_process = {"allowed": False}
_thread = local()


def allow() -> None:
    """Let this process's threads, and its children's, have it from their next ``tick`` on.

    Before rights are given up. That takes CAP_SYS_RESOURCE; with CAP_SYS_NICE alone they may as long as there
    is that right: what they have by then stays, and is not taken again once it was given back. Where the
    process was given a niceness nothing is done, nor where there is neither right.
    """
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    _process["allowed"] = nice == 0 and _may()
    shorten(nice)


def shorten(nice: int) -> None:
    """Short slices for this thread, which has that niceness, and for what it starts from here on."""
    wish = _ATTRIBUTES.pack(_ATTRIBUTES.size, 0, _KEEP_POLICY, nice, 0, SLICE_NS, 0, 0)
    with contextlib.suppress(SandboxError):
        call("sched_setattr", 0, wish, 0)


def tick() -> None:
    """What each thread of a watch calls, and often: take it or give it back, where that was allowed."""
    if not _process["allowed"]:
        return
    if not hasattr(_thread, "precedence"):
        _thread.precedence = Precedence()
    _thread.precedence.tick()


def _may() -> bool:
    hard = resource.getrlimit(resource.RLIMIT_NICE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NICE, (_LIMIT, max(_LIMIT, hard)))
    return resource.getrlimit(resource.RLIMIT_NICE)[0] >= _LIMIT or bool(effective() >> SYS_NICE & 1)


class Precedence:
    """Of the thread that calls ``tick``."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._used = clock, used
        self._refused = False
        self._next = self._since = self._before = 0.0
        self.held = False

    def tick(self) -> None:
        """Take it or give it back, a second after the last time at the earliest."""
        now = self._clock()
        if self._refused or now < self._next:
            return
        used, since = self._used(), self._since
        share = (used - self._before) / (now - since) if since else 0.0
        self._since, self._before, self._next = now, used, now + SPAN_SECONDS
        if share > MOST_SHARE or (share < LEAST_SHARE and not self.held):
            self._set(share <= MOST_SHARE)

    def _set(self, held: bool) -> None:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, NICE if held else 0)
            self.held = held
        except OSError:  # a filter, or a limit that was lowered since
            self._refused = True
