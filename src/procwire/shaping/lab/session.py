"""A command on a bad network, from its start to its end: ``procwire shape run``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from procwire.shaping.emulation.path import Path, PathPlan
from procwire.shaping.lab import namespaces
from procwire.shaping.lab.command import Caller, Command
from procwire.shaping.lab.relay import Relay
from procwire.shaping.lab.signals import Signals
from procwire.shaping.lab.wiring import Wiring


@dataclass(slots=True, kw_only=True)
class Session:
    """What is run, and on what. ``tick`` may change the path while it runs (see Relay.run)."""

    words: Sequence[str]
    plan: PathPlan
    other: str = ""  # a namespace; empty: this one
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


def run(session: Session) -> Outcome:
    """Run it; nothing is left behind. Raises ShapingError or OSError where no lab can be made."""
    other = namespaces.opened(session.other) if session.other else namespaces.own()
    try:
        with Wiring(far=other, loopback=session.loopback) as wiring, Signals() as signals:
            session.told(wiring)
            return _live(session, wiring, signals)
    finally:
        os.close(other)


def _live(session: Session, wiring: Wiring, signals: Signals) -> Outcome:
    start = time.monotonic_ns()
    path = Path(session.plan, now=start)
    relay = Relay(path, wiring.near, wiring.far)
    more = {"PROCWIRE_HOST": str(wiring.addresses.far.ip)}
    command = Command(session.words, wiring.namespace, more=more, caller=session.caller)
    passed: list[int] = []

    def signalled() -> None:
        for sent in signals.read():
            if sent.number != 17 and sent.alone and not command.poll():  # all but SIGCHLD
                command.signal(sent.number)
                passed.append(sent.number)

    try:
        if command.code is None:
            session.begun(command)
            relay.run(
                {signals: signalled, command: lambda: None}, lambda now: session.tick(path, now), command.poll
            )
    finally:
        command.end()
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
    )
