"""``procwire top`` over live traffic: a daemon that is there, or one of its own as long as the command lasts.

The terminal itself needs no right and reads no packet: it is a face of that daemon, as any other is. This
machine's own tables (processes, sockets, interfaces, checks) are read by a process beside it.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

from procwire.api.client import ApiError, Client
from procwire.api.messages import SOCKET
from procwire.cli import exit
from procwire.cli.forking import Fork
from procwire.cli.top import show
from procwire.engine.options import EngineError
from procwire.tui.aside import Aside
from procwire.tui.engine_host import EngineHost
from procwire.tui.host import HostError

READY_SECONDS = 60.0  # an engine with many namespaces to look at, on a machine that is busy, may take so long
QUIET_SECONDS = 1.0  # from then on a line says what is waited for
STEP_SECONDS = 0.05
PROGRAM = "procwire top"


def live(arguments: argparse.Namespace) -> int:
    """Show until it is left; the exit code."""
    path = arguments.attach or (SOCKET if _listens(SOCKET) and not own_wishes(arguments) else "")
    if path:
        return _attached(arguments, path, None)
    folder = tempfile.mkdtemp(prefix="procwire-top-")
    engine = Fork(lambda _: _daemon(arguments, str(Path(folder, "engine.sock"))), mortal=True)
    try:
        path = str(Path(folder, "engine.sock"))
        _await(path, engine)
        return _attached(arguments, path, engine)
    finally:
        engine.end(signalled=True)
        sys.stderr.write(last_words(engine.said()))
        shutil.rmtree(folder, ignore_errors=True)


def own_wishes(arguments: argparse.Namespace) -> bool:
    """Whether something is wanted that only an engine of one's own can be told."""
    return bool(arguments.interface or arguments.keylog or arguments.source or arguments.capture_filter)


def daemon_words(arguments: argparse.Namespace, path: str) -> list[str]:
    """What the engine of its own is started with."""
    found = ["daemon", "--socket", path, "--no-store", "--beginnings", "--sandbox", arguments.sandbox]
    for name in arguments.interface:
        found += ["--interface", name]
    for option, value in (
        ("--keylog", arguments.keylog),
        ("--source", arguments.source),
        ("--capture-filter", arguments.capture_filter),
    ):
        found += [option, value] if value else []
    return found


def last_words(said: str) -> str:
    """Of what an engine said, what is not only that it came and went."""
    lines = said.splitlines(keepends=True)
    return "".join(line for line in lines if "packets seen" in line or "rror" in line or "ermission" in line)


def _daemon(arguments: argparse.Namespace, path: str) -> int:
    from procwire.cli.main import main

    return main(daemon_words(arguments, path))


def _listens(path: str) -> bool:
    try:
        Client(path, program=PROGRAM, seconds=1.0).close()
    except ApiError:
        return False
    return True


def _await(path: str, engine: Fork) -> None:
    """Until the engine answers. Raises EngineError with what it said where it does not."""
    begun = time.monotonic()
    end = begun + READY_SECONDS
    told = not sys.stderr.isatty()
    while not _listens(path):
        if not told and time.monotonic() - begun > QUIET_SECONDS:
            told = True
            print("procwire: the engine is coming up", file=sys.stderr)
        if engine.ended or time.monotonic() > end:
            code = engine.end(signalled=True)
            said = engine.said().strip().splitlines()
            words = said[-1].removeprefix("procwire: ") if said else "the engine did not come up"
            raise EngineError(words, code if code > 0 else exit.FAILURE)
        time.sleep(STEP_SECONDS)


def _attached(arguments: argparse.Namespace, path: str, engine: Fork | None) -> int:
    others = (engine.made,) if engine is not None else ()
    beside = Fork(lambda made: _beside(made, path, arguments), *others, mortal=True)
    try:
        client = Client(path, program=PROGRAM)
        where = ", ".join(arguments.interface) or "all interfaces"
        host = EngineHost(client, Aside(beside.made), where if engine is not None else path)
    except (ApiError, HostError) as error:
        beside.end()
        raise EngineError(str(error)) from None
    try:
        return show(host, arguments)
    finally:
        host.close()
        beside.end()


def _beside(made: socket.socket, path: str, arguments: argparse.Namespace) -> int:
    """What the terminal itself does not hold is loaded here, beside it: 10 MB."""
    from procwire.cli.beside import serve
    from procwire.cli.hearing import Hearing
    from procwire.cli.machine import Machine
    from procwire.cli.passing import Passing

    interfaces, cell = tuple(arguments.interface), arguments.sandbox
    hearing = Hearing(interfaces, arguments.keylog, made, sandbox=cell)
    passing = Passing(interfaces, arguments.capture_filter or "", made, sandbox=cell)
    machine = Machine(path, "", made, hearing=hearing, passing=passing, alerts=arguments.alert_directory)
    try:
        serve(made, machine)
    finally:
        hearing.close()
        passing.close()
        machine.balancing.close()
        machine.acting.close()
    return 0
