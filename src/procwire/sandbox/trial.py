"""The cell, tried from inside: every attempt in a process of its own, once outside and once in it.

What is refused outside as well proves nothing, and the answer says so.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator

import msgspec

from procwire.model.confinement import BLOCKED, NEEDED, NOT_BLOCKED, TrialRow
from procwire.sandbox import profile, python_tree
from procwire.sandbox.attempts import files, kernel, network, processes, rights
from procwire.sandbox.attempts.attempt import Attempt, Stage
from procwire.sandbox.attempts.stage import renew, set_up
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import Plan
from procwire.sandbox.syscalls import SandboxError

GROUPS = {
    "files": files.ATTEMPTS,
    "network": network.ATTEMPTS,
    "processes": processes.ATTEMPTS,
    "kernel": kernel.ATTEMPTS,
    "rights": rights.ATTEMPTS,
}
SECONDS = 20.0  # one attempt may take so long
_DONE, _REFUSED, _BROKEN = "done", "refused", "broken"


class _Outcome(msgspec.Struct, frozen=True):
    """What became of one attempt in one process."""

    kind: str
    words: str = ""


def trial(
    plan: Callable[[], Plan], chosen: tuple[str, ...] = (), needs: frozenset[str] = frozenset()
) -> Iterator[TrialRow]:
    """Every attempt, or those named. ``plan`` is asked in each process; ``needs``: what it must be able to.

    Raises SandboxError (strict).
    """
    with set_up() as stage:
        for group, attempts in GROUPS.items():
            for attempt in attempts:
                if chosen and attempt.name not in chosen and group not in chosen:
                    continue
                outside = _made(attempt, stage, None)
                renew(stage.folder)
                inside = _made(attempt, stage, plan)
                renew(stage.folder)
                yield _row(group, attempt, outside, inside, needs)


def names() -> frozenset[str]:
    """Of all attempts and of their groups."""
    return frozenset(GROUPS) | {each.name for group in GROUPS.values() for each in group}


def attempts(mode: str, chosen: tuple[str, ...], process: str = "read") -> Iterator[TrialRow]:
    """What such a process cannot do, in this mode. Raises SandboxError."""
    python_tree.fetch(python_tree.late())  # once, and not in each process
    needs = profile.NEEDS.get(process, frozenset[str]())
    yield from trial(lambda: profile.plan_of(process, mode), chosen, needs)


def _row(
    group: str, attempt: Attempt, outside: _Outcome, inside: _Outcome, needs: frozenset[str]
) -> TrialRow:
    through = NEEDED if attempt.name in needs else NOT_BLOCKED
    return TrialRow(
        group=group,
        name=attempt.name,
        attempt=attempt.what,
        verdict=through if inside.kind == _DONE else BLOCKED,
        how="" if inside.kind == _DONE else inside.words,
        outside="possible" if outside.kind == _DONE else f"refused too: {outside.words}",
    )


def _made(attempt: Attempt, stage: Stage, plan: Callable[[], Plan] | None) -> _Outcome:
    """Try it in a child. Raises SandboxError where the cell cannot be made."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _inside(attempt, stage, plan, writer)
    os.close(writer)
    told = _listen(reader)
    os.close(reader)
    if told is None:
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if told:
        outcome = msgspec.msgpack.decode(told, type=_Outcome)
        if outcome.kind == _BROKEN:
            raise SandboxError(0, outcome.words)
        return outcome
    if code < 0:
        return _Outcome(_REFUSED, f"ended by {signal.Signals(-code).name}")
    return _Outcome(_DONE)  # it became another program


def _inside(attempt: Attempt, stage: Stage, plan: Callable[[], Plan] | None, writer: int) -> None:
    """In the child; never returns."""
    os.set_inheritable(writer, False)
    try:
        outcome = _Outcome(_DONE)
        try:
            if plan is not None:
                confine(plan())
        except OSError as error:
            outcome = _Outcome(_BROKEN, error.strerror or str(error))
        else:
            try:
                attempt.run(stage)
            except (OSError, MemoryError, ValueError) as error:
                outcome = _Outcome(_REFUSED, _words(error))
            except Exception as error:
                outcome = _Outcome(_BROKEN, f"{attempt.name}: {error!r}")
        os.write(writer, msgspec.msgpack.encode(outcome))
    finally:
        os._exit(0)


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "Cannot allocate memory" if isinstance(error, MemoryError) else str(error)


def _listen(reader: int) -> bytes | None:
    """What a child says before it ends; None where it takes too long."""
    end = time.monotonic() + SECONDS
    told = b""
    while (left := end - time.monotonic()) > 0:
        if not select.select([reader], [], [], left)[0]:
            break
        part = os.read(reader, 4096)
        if not part:
            return told
        told += part
    return None
