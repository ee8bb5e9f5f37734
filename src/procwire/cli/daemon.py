"""``procwire daemon``: a watch that goes on, keeps what it sees, and answers faces over a unix socket."""

from __future__ import annotations

import argparse
import errno
import grp
import os
import shutil
import socket
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from procwire.api.gate import Gate, listen
from procwire.api.line import CHUNK
from procwire.api.messages import SOCKET
from procwire.bpf import cgroup
from procwire.cli import arguments as words
from procwire.cli import exit, recording
from procwire.cli.alerting import add_alerts
from procwire.cli.capturing import add_capture, add_interfaces
from procwire.cli.ledgering import add_ledger
from procwire.cli.storing import add_store
from procwire.cli.verdicts import add_filters, watchlist
from procwire.configuration.keys import KEYS
from procwire.daemon.journal import Log
from procwire.daemon.notify import Notifier
from procwire.daemon.supervisor import Past, Supervisor
from procwire.engine.api import EngineError
from procwire.sandbox import precedence, profile
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import OFF
from procwire.sandbox.syscalls import SandboxError

GROUP = "procwire"
CHANGED_RUNNING = ("filters", "store_age", "store_size")  # what SIGHUP changes; all else needs a restart


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "daemon",
        help="watch without an end, and answer faces over a unix socket",
        description="Watch live traffic until stopped, keep what is seen (--no-store: do not), and answer "
        "procwire watch --attach and other faces over a unix socket. Run it as root, or let systemd: "
        "procwire daemon --print-unit > /etc/systemd/system/procwire.service. SIGHUP reads the configuration "
        "anew.",
    )
    add_interfaces(parser)
    parser.add_argument(
        "--socket", metavar="PATH", default=SOCKET, help=f"where faces ask (default {SOCKET})"
    )
    parser.add_argument("--print-unit", action="store_true", help="print a unit file for systemd, and end")
    parser.add_argument("--no-store", action="store_true", help="keep nothing")
    parser.add_argument(
        "--beginnings", action="store_true",
        help="keep what each side of a flow said first, as far as it is read anyway, for faces that may see "
        "the flow (16 KiB a side, 4 MiB in all)",
    )  # fmt: skip
    recording.add_writing(parser)
    recording.add_log(parser)
    words.add_shape(parser)
    recording.add_recording(parser)
    add_capture(parser)
    words.add_detectors(parser)
    add_store(parser)
    add_ledger(parser)
    add_alerts(parser)
    add_filters(parser)
    parser.set_defaults(run=run, findings=None)


def run(arguments: argparse.Namespace) -> int:
    """Until it is told to end; 4 where an engine had to be started anew."""
    if arguments.print_unit:
        sys.stdout.write(unit())
        return exit.OK
    if arguments.filters:
        watchlist(arguments.filters)  # what is wrong there is said before anything is opened
    log, notifier = Log(), Notifier()
    gate = _gate(arguments.socket)
    stream, sys.stderr = sys.stderr, log.stream
    try:
        _shut_in(arguments.sandbox, log)
        return Supervisor(
            gate,
            lambda line, past: _engine(arguments, line, past),
            log=log,
            notifier=notifier,
            reload=lambda: reloaded(arguments, log),
        ).run()
    finally:
        sys.stderr = stream
        gate.close()
        _remove(arguments.socket)
        notifier.close()
        log.close()


def _shut_in(mode: str, log: Log) -> None:
    """This process gives up what neither it nor those that it forks need. Raises EngineError (strict)."""
    if mode != OFF:
        cgroup.prepare()
        precedence.allow()  # for those that it forks
    try:
        done = confine(profile.daemon(mode))
    except SandboxError as error:
        raise EngineError(error.strerror or str(error)) from None
    for each in done.missing:
        log.warning(f"the daemon's own process goes without {each.name}: {each.detail}")


def unit() -> str:
    """The unit file, with the path of this program."""
    text = files("procwire.daemon").joinpath("procwire.service").read_text(encoding="utf-8")
    return text.replace("@PROCWIRE@", shutil.which("procwire") or f"{sys.executable} -m procwire")


def reloaded(arguments: argparse.Namespace, log: Log) -> bytes:
    """The configuration read anew: orders for the engine; what cannot change as it runs is said by name."""
    from procwire.cli.serving import Orders
    from procwire.cli.settling import parse

    try:
        fresh = parse(arguments.parser(), arguments.words)
        text = Path(fresh.filters).read_text(encoding="utf-8") if fresh.filters else None
        if text is not None:
            watchlist(fresh.filters, text=text)
    except (EngineError, OSError, UnicodeDecodeError) as error:
        log.warning(f"the configuration stays as it was: {error}")
        return b""
    stuck = [
        key.name
        for key in KEYS
        if "daemon" in key.commands
        and (key.dest not in CHANGED_RUNNING or (key.dest == "filters" and not arguments.filters))
        and getattr(fresh, key.dest) != getattr(arguments, key.dest)
    ]
    for name in dict.fromkeys(stuck):
        log.warning(f"{name} has changed, and needs a restart")
    orders = Orders(filters=text, store_age=fresh.store_age, store_size=fresh.store_size)
    data = msgspec.msgpack.encode(orders)
    if len(data) > CHUNK:
        log.error(f"{fresh.filters} is too long to be read anew: it needs a restart")
        return b""
    log.info("the configuration was read anew")
    return data


def _engine(arguments: argparse.Namespace, line: socket.socket, past: Past) -> int:
    from procwire.cli.serving import serve

    return serve(arguments, line, past)


def _gate(path: str) -> Gate:
    """The door. Raises EngineError with one line where it cannot be made."""
    from procwire.cli import serving  # noqa: F401 - loaded before the fork, so that its pages are shared

    group = _group()
    try:
        if path == SOCKET:
            Path(path).parent.mkdir(mode=0o755, exist_ok=True)
        return Gate(listen(path, mode=0o660 if group >= 0 else 0o600, group=group), group=group)
    except OSError as error:
        denied = error.errno in (errno.EACCES, errno.EPERM)
        words = f"{path}: {error.strerror or error}" + (" (run it as root)" if denied else "")
        raise EngineError(words, exit.PERMISSION if denied else exit.FAILURE) from None


def _group() -> int:
    """The group whose members see everything; -1 where there is none, or it is not ours to give."""
    try:
        return grp.getgrnam(GROUP).gr_gid if os.geteuid() == 0 else -1
    except KeyError:
        return -1


def _remove(path: str) -> None:
    try:
        Path(path).unlink()
    except OSError:
        return
