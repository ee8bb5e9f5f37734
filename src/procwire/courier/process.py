"""Forking the courier off, while there is one thread and every right; and starting it anew when it dies.

Two processes: a keeper that does nothing but wait for the courier's end, and the courier, which is confined
before the first byte from the network. The keeper is needed because whoever holds the outbox is confined
itself, and can start nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from procwire.courier.carriers import carriers
from procwire.courier.client import Courier
from procwire.courier.contract import CourierError
from procwire.courier.hosts import Hosts
from procwire.courier.line import give, pair
from procwire.courier.worker import serve
from procwire.model.sink import REFUSED, Done, Result, Sink
from procwire.sandbox import limits, profile
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import OFF, Plan
from procwire.sandbox.syscalls import prctl

KEEPER = "procwire:keeper"
_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_GROUP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 0.1, 10.0
START_SECONDS = 15.0
UNFIT = 2  # its exit code where a sink cannot be
STEADY_SECONDS = 30.0  # one that lived so long is started anew at once


def start(mode: str, sinks: Sequence[Sink], *, seconds: float = START_SECONDS) -> Courier:
    """Fork, and wait until it is at work. Raises CourierError where a sink cannot be as it is configured.

    Secrets are read over there; those in the environment are taken out of it here.
    """
    ours, theirs = pair()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _GROUP)
    pid = os.fork()
    if not pid:
        _begin(theirs, parent, mode, sinks)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    for sink in sinks:
        os.environ.pop(sink.secret_env, None)
        os.environ.pop(sink.url_env, None)
    courier = Courier(pid, ours)
    reason = courier.greeted(seconds)
    if reason:
        courier.close()
        raise CourierError(reason)
    return courier


def _begin(end: socket.socket, parent: int, mode: str, sinks: Sequence[Sink]) -> None:
    """The keeper; does not return."""
    try:
        for number in _GROUP:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _GROUP)
        prctl(_DIES_WITH_PARENT, signal.SIGKILL)
        limits.rename(KEEPER)
        _let_go(end.fileno())
        if os.getppid() == parent:
            _keep(end, mode, sinks)
    except OSError as error:
        _say(str(error.strerror or error))
    finally:
        os._exit(0)


def _keep(end: socket.socket, mode: str, sinks: Sequence[Sink]) -> None:
    """Start the courier, and start it anew when it was killed; until it ends by itself."""
    rest = FIRST_REST_SECONDS
    first = True
    while True:
        began = time.monotonic()
        pid = os.fork()
        if not pid:
            _be(end, mode, sinks)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code == 0 or (code == UNFIT and first):
            return
        first = False
        if time.monotonic() - began > STEADY_SECONDS:
            rest = FIRST_REST_SECONDS
        _say(f"ended with {code}, and is started anew")
        time.sleep(rest)
        rest = min(2 * rest, LONGEST_REST_SECONDS)


def _be(end: socket.socket, mode: str, sinks: Sequence[Sink]) -> None:
    """The courier itself; does not return."""
    code = UNFIT
    try:
        made, hosts = carriers(sinks)
        if mode != OFF:
            _warm(hosts)
            confine(cell(mode, sinks, hosts))
        serve(end, made)
        code = 0
    except (OSError, CourierError) as error:
        words = str(getattr(error, "strerror", "") or error)
        with contextlib.suppress(OSError):
            give(end, Done(number=0, results=(Result(REFUSED, words),)), wait=False)
    finally:
        os._exit(code)


def cell(mode: str, sinks: Sequence[Sink], hosts: Hosts) -> Plan:
    """What is left to a courier of these sinks."""
    folders = tuple({str(Path(sink.path).absolute().parent) for sink in sinks if sink.kind == "file"})
    datagrams = hosts.named or any(sink.transport == "udp" for sink in sinks)
    return profile.courier(mode, folders=folders, ports=hosts.ports, named=hosts.named, datagrams=datagrams)


def _warm(hosts: Hosts) -> None:
    """What looking up names loads is loaded now: code pages, and the C library's own modules."""
    import encodings.idna
    import traceback  # noqa: F401 - what an exception would import

    assert encodings.idna
    if hosts.named:
        with contextlib.suppress(OSError):
            socket.getaddrinfo("localhost", None)


def _let_go(kept: int) -> None:
    """What was open in whoever forked us is none of the courier's business."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names alone
        fd = int(name)
        if fd > 2 and fd != kept:
            with contextlib.suppress(OSError):
                os.close(fd)


def _say(words: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"procwire: the courier: {words}\n".encode("utf-8", "backslashreplace"))
