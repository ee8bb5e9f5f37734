"""A command on a bad network, from its start to its end: ``procwire shape run``."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from procwire.shaping.emulation.path import Path, PathPlan
from procwire.shaping.lab import namespaces
from procwire.shaping.lab.command import Caller, Command
from procwire.shaping.lab.gateway import MAX_FILES, Gateway
from procwire.shaping.lab.relay import Relay, Source
from procwire.shaping.lab.signals import Signals
from procwire.shaping.lab.wiring import Wiring, own_resolvers

AFTERWARDS_NS = 3_000_000_000  # for what a command that has ended had sent
STEP_NS = 20_000_000


@dataclass(slots=True, kw_only=True)
class Session:
    """What is run, and on what. ``tick`` may change the path while it runs (see Relay.run)."""

    words: Sequence[str]
    plan: PathPlan
    other: str = ""  # a namespace; empty: this one
    wire: bool = False  # an interface there, rather than a gateway into it; with another one always
    loopback: bool = False
    caller: Caller | None = None
    told: Callable[[Wiring], None] = lambda _: None
    tick: Callable[[Path, int], int | None] = lambda _path, _now: None
    begun: Callable[[Command], None] = lambda _: None


@dataclass(slots=True)
class Outcome:
    """How it went."""

    code: int
    fault: str
    path: Path
    duration_ns: int
    dropped: int  # by the kernel, as this process was too slow
    refused: int  # by the kernel, as a packet was too damaged to be one
    left_out: int  # the kernel's own talk with neighbours
    latest_ns: int
    signals: list[int] = field(default_factory=list)
    turned_away: int = 0  # connections, as there were too many at a time
    not_carried: int = 0  # packets that a gateway has no way for


def run(session: Session) -> Outcome:
    """Run it; nothing is left behind. Raises ShapingError or OSError where no lab can be made."""
    with Signals() as signals:  # before there is any other thread, which would be ended by one
        is_gateway = not session.other and not session.wire
        far = _far(session, is_gateway=is_gateway)
        try:
            resolvers = own_resolvers() if is_gateway else ()
            with Wiring(
                far=far, loopback=session.loopback, gateway=is_gateway, resolvers=resolvers
            ) as wiring:
                session.told(wiring)
                return _live(session, wiring, signals, far if is_gateway else -1)
        finally:
            os.close(far)


def _far(session: Session, *, is_gateway: bool) -> int:
    if is_gateway:
        return namespaces.made()
    return namespaces.opened(session.other) if session.other else namespaces.own()


def _live(session: Session, wiring: Wiring, signals: Signals, gateway: int) -> Outcome:
    start = time.monotonic_ns()
    path = Path(session.plan, now=start)
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(_gateway(path, wiring, gateway)) if gateway >= 0 else None
        files = stack.enter_context(_more_files()) if out is not None else None
        relay = Relay(path, wiring.near, out if out is not None else wiring.far)
        more = {"PROCWIRE_HOST": str(wiring.addresses.far.ip)}
        command = Command(session.words, wiring.namespace, more=more, caller=session.caller, files=files)
        passed: list[int] = []

        def signalled() -> None:
            for sent in signals.read():
                if sent.number != 17 and sent.alone and not command.poll():  # all but SIGCHLD
                    command.signal(sent.number)
                    passed.append(sent.number)

        def tick(now: int) -> int | None:
            if out is not None:
                out.expire()
            return session.tick(path, now)

        also: dict[Source, Callable[[], None]] = {signals: signalled}
        if out is not None:
            also[out.sockets] = out.serve
        try:
            if command.code is None:
                session.begun(command)
                relay.run({**also, command: lambda: None}, tick, command.poll)
        finally:
            command.end()
        if not command.fault:
            _let_arrive(relay, also, out)
        path.clear()
        return Outcome(
            code=command.code or 0,
            fault=command.fault,
            path=path,
            duration_ns=time.monotonic_ns() - start,
            dropped=wiring.dropped(),
            refused=wiring.near.refused + wiring.far.refused,
            left_out=relay.left_out,
            latest_ns=relay.latest,
            signals=passed,
            turned_away=out.turned_away if out is not None else 0,
            not_carried=out.not_carried if out is not None else 0,
        )


def _gateway(path: Path, wiring: Wiring, namespace: int) -> Gateway:
    def answer(data: bytes) -> None:
        path.offer("ingress", data, now=time.monotonic_ns())

    return Gateway(wiring, namespace, answer)


def _let_arrive(relay: Relay, also: dict[Source, Callable[[], None]], out: Gateway | None) -> None:
    """What the command has left behind: its kernel goes on sending it, over a path that is there yet."""
    end = time.monotonic_ns() + AFTERWARDS_NS
    offered = -1

    def is_done() -> bool:
        nonlocal offered
        before, offered = offered, sum(link.counts.offered for link in relay.path.links.values())
        is_quiet = offered == before and relay.path.due() is None and (out is None or out.is_settled)
        return is_quiet or time.monotonic_ns() > end

    relay.run(also, lambda now: now + STEP_NS, is_done)


@contextlib.contextmanager
def _more_files() -> Iterator[tuple[int, int]]:
    """Descriptors for as many connections as a gateway has; what the limit was, which is the command's."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(before[0], MAX_FILES)
    if before[1] != resource.RLIM_INFINITY:
        wanted = min(wanted, before[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, before[1]))
    try:
        yield before
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
