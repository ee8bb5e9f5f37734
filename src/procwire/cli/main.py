"""The ``procwire`` command: parses words, runs one command, and turns every ending into an exit code."""

from __future__ import annotations

import argparse
import atexit
import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from procwire import __version__
from procwire.cli import exit
from procwire.cli.arguments import settled
from procwire.cli.plainly import ArgumentParser
from procwire.cli.settling import add_configuration, parse
from procwire.engine.options import EngineError
from procwire.model.filter import FilterError
from procwire.sandbox.plan import BEST_EFFORT, OFF

YOUNG_OBJECTS = 100_000  # container objects that are new when the collector looks at them

MODULES = (
    "watch",
    "daemon",
    "metrics",
    "read",
    "top",
    "follow",
    "export",
    "incident",
    "running",
    "shape",
    "ps",
    "sockets",
    "query",
    "history",
    "remembered",
    "filters",
    "config",
    "ledger",
    "rules",
    "egress",
    "importing",
    "alerts",
    "bundle",
    "catalogue",
    "doctor",
    "trying",
    "shell",
)  # in the order in which help names their commands
ALONE = frozenset(
    {"watch", "daemon", "metrics", "read", "top", "follow", "export", "incident"}
)  # modules with one command, of their own name

EPILOG = """\
examples:
  procwire watch                         what this host talks about, and which process does
  procwire watch -i eth0 --json          the same on one interface, as JSON lines
  procwire read trace.pcapng --summary   what a recording holds
  procwire ps --tree                     every process, in one reading
  procwire sockets --listening           what waits for connections, and who it is
  procwire read trace.pcap --filter 'proto == tls and sni ~ "example\\.com$"'

exit codes: 0 ok, 1 failure, 2 usage, 3 permission,
            4 finished but degraded or incomplete
"""


def parser(only: str = "") -> argparse.ArgumentParser:
    """The whole command line. Completions and the manual page are made from it.

    ``only``: of a command of ALONE, nothing else is loaded.
    """
    top = ArgumentParser(
        prog="procwire",
        description="Which process talks to whom, in which protocol: live and from recordings.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"procwire {__version__}")
    add_configuration(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in (only,) if only in ALONE else MODULES:
        import_module(f"procwire.cli.{name}").add(commands)
    return top


def usual() -> str:
    """The command that is meant where none is named: screens on a terminal, lines elsewhere."""
    there = sys.stdin.isatty() and sys.stdout.isatty() and find_spec("textual") is not None
    return "top" if there else "watch"


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. Without a command: top on a terminal, else watch."""
    _calm_collector()
    _write_whole()
    given = list(sys.argv[1:] if words is None else words)
    try:
        arguments = parse(parser(given[0] if given else usual()), settled(given) or [usual()])
        arguments.words, arguments.parser = settled(given), lambda: parser(given[0])  # to be read anew
        if arguments.command is None:
            parser().print_help(sys.stderr)
            return exit.USAGE
        if (
            getattr(arguments, "sandbox", "") is None
        ):  # who calls this as a function keeps its process as it is
            arguments.sandbox = BEST_EFFORT if words is None else OFF
        _learn(arguments)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        if words is None and arguments.command == "read":
            _leave(code)
    except EngineError as error:
        return complain(str(error), error.code)
    except FilterError as error:
        return complain(str(error), exit.USAGE)
    except BrokenPipeError:
        return _unwritten(exit.OK)  # the reader of our output has gone (``| head``): not a failure
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as shells count it
    except OSError as error:
        if not error.filename and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _unwritten(complain(f"standard output: {error.strerror}", exit.FAILURE))
        where = f"{error.filename}: " if error.filename else ""
        return complain(f"{where}{error.strerror or error}", exit.FAILURE)
    return code


def _leave(code: int) -> None:
    """End at once: all is written and closed, and to take modules apart would cost a tenth of a start."""
    sys.stderr.flush()
    os._exit(code)


def _settle_places(arguments: argparse.Namespace) -> None:
    """Open the databases of places, before anything is read."""
    from procwire.geo import book
    from procwire.geo.reason import GeoError

    try:
        book.learn(arguments.geoip, labels=arguments.labels)
    except GeoError as error:
        raise EngineError(f"geoip: {error}", exit.USAGE) from None


def _learn(arguments: argparse.Namespace) -> None:
    """Take in the protocols of users and packages, for a command that reads traffic or tells of protocols."""
    if getattr(arguments, "geoip", None) is not None:
        _settle_places(arguments)
    directories = getattr(arguments, "protocol_directories", None)
    if directories is not None:
        from procwire.engine.catalogue import learn

        for left_out in learn(directories, arguments.fingerprints):
            print(f"procwire: {left_out}", file=sys.stderr)


def _calm_collector() -> None:
    """Look for reference cycles seldom: flows come and go by the thousand, and are not in any.

    At the end, when all goes, not at all: the interpreter's two last looks would cost 50 ms and more.
    """
    atexit.register(gc.freeze)
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)


def _write_whole() -> None:
    """Buffer standard output where Python was told not to (PYTHONUNBUFFERED, -u).

    A bare stream writes what the pipe takes, and drops the rest of it when a signal comes meanwhile.
    """
    stream = sys.stdout
    raw = getattr(stream, "buffer", None)
    if isinstance(raw, io.RawIOBase):
        own = io.FileIO(raw.fileno(), "w", closefd=False)  # what is not ours stays open when this one goes
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(own), encoding=stream.encoding, errors=stream.errors, line_buffering=True
        )


def complain(words: str, code: int) -> int:
    """One message on standard error, after what is already out; returns ``code``."""
    print(f"procwire: {words}", file=sys.stderr)
    return code


def _unwritten(code: int) -> int:
    """Give up what is not written yet: the interpreter would try again as it ends. Returns ``code``."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:  # confined, nothing is laid over it: then nothing more must be written
        sys.stderr.flush()
        os._exit(code)
    return code
