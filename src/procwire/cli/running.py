"""``procwire run``: one program and its children watched, with the keys that it writes down."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.audience import Watcher
from procwire.cli.output.choice import RowWriter, writer
from procwire.cli.stopping import on_signal
from procwire.engine.api import Context, EngineError, Watching, WatchOptions
from procwire.model.filter import compile_filter
from procwire.model.flow import Flow
from procwire.model.process import Owner
from procwire.model.tables import FLOWS

LINGER_SECONDS = 1.0  # last packets and owners come in so long after the program has ended
NOT_FOUND, NOT_RUN = 127, 126  # as shells say it


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "run",
        help="start a program and watch just that one, decrypted with the keys it writes",
        description="Start CMD with an SSLKEYLOGFILE of its own, watch its flows and those of its children, "
        "and show each when it has ended. Its exit code becomes ours. Under sudo, CMD runs as the user who "
        "called it.",
    )
    parser.add_argument(
        "--keep", metavar="FILE", default="", help="keep the keys in FILE; else they are wiped"
    )
    parser.add_argument(
        "--write", metavar="FILE", default="", help="keep every captured packet in FILE (pcapng)"
    )
    parser.add_argument(
        "--output", metavar="FILE", default="", help="show in FILE instead of standard output"
    )
    words.add_outputs(parser)
    words.add_extensions(parser)
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="CMD", help="the program and its words")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The program's exit code; 127 where it is not to be found."""
    if arguments.group:
        raise EngineError("run shows flows: --group does not go with it", exit.USAGE)
    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        raise EngineError("which program? e.g. procwire run -- curl https://www.example.com/", exit.USAGE)
    if shutil.which(program[0]) is None:
        print(f"procwire: {program[0]}: no such program", file=sys.stderr)
        return NOT_FOUND
    keep = compile_filter(arguments.filter, FLOWS) if arguments.filter else None
    with tempfile.TemporaryDirectory(prefix="procwire-") as folder:
        keys = _key_file(arguments.keep or str(Path(folder, "keys")), folder)
        with _output(arguments.output) as out:
            face = Family(writer(arguments, FLOWS, stream=out))
            face.keep = keep.matches if keep else None
            options = WatchOptions(keylog=keys, write=arguments.write)
            code = _watched(Watching(options, face), face, Child(program, keys))
        if not arguments.keep:
            _wipe(keys)
    return code


def _watched(watching: Watching, face: Family, child: Child) -> int:
    face.context = Context(watching.source.interfaces)
    face.watching = watching
    face.child = child
    with on_signal(watching.stop):
        try:
            watching.run()
        finally:
            child.end()
            face.finish()
    lost = watching.source.counts.dropped
    if lost:
        print(f"procwire: {lost} packets dropped by the kernel", file=sys.stderr)
    return child.code


class Child:
    """The program, started once the watch has begun."""

    def __init__(self, program: Sequence[str], keys: str) -> None:
        self._program = list(program)
        self._keys = keys
        self._process: subprocess.Popen[bytes] | None = None
        self.code = NOT_RUN

    @property
    def pid(self) -> int:
        """0 before it was started."""
        return 0 if self._process is None else self._process.pid

    def start(self, done: Any) -> None:
        """Start it; ``done`` is called on another thread when it has ended, and its last packets are in."""
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(
                self._program, env=os.environ | {"SSLKEYLOGFILE": self._keys}, **_caller()
            )
        except OSError as error:
            print(f"procwire: {self._program[0]}: {error.strerror}", file=sys.stderr)
            done()
            return
        threading.Thread(target=self._wait, args=(self._process, done), daemon=True).start()

    def _wait(self, process: subprocess.Popen[bytes], done: Any) -> None:
        code = process.wait()
        self.code = code if code >= 0 else 128 - code  # ended by a signal, as shells count it
        timer = threading.Timer(LINGER_SECONDS, done)
        timer.daemon = True
        timer.start()

    def end(self) -> None:
        """It ends with the watch."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


class Family(Watcher):
    """A line for each flow of the program or of a child of its, when the flow has ended."""

    def __init__(self, out: RowWriter) -> None:
        super().__init__()
        self.out = out
        self.written = False
        self.child: Child | None = None

    def told(self, event: str, flow: Flow) -> None:
        """See Watcher."""
        if event == "end" and self._ours(flow) and (row := self.row(flow)) is not None:
            self.written = True
            self.out.write(row, event)

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """Start the program at the first tick: everything is being watched by then."""
        if self.child is not None and self.watching is not None:
            self.child.start(self.watching.stop)
        if self.written:  # no headings before the program's own words
            self.written = False
            self.out.flush()

    def finish(self) -> None:
        """See Watcher."""
        self.out.finish()

    def _ours(self, flow: Flow) -> bool:
        owner = flow.owner
        if self.child is None or not isinstance(owner, Owner):
            return False
        for process in (owner.process, owner.peer):
            if process is None:
                continue
            family = (f":{process.pid}", *process.ancestors)
            if any(one.endswith(f":{self.child.pid}") for one in family):
                return True
        return False


def _caller() -> dict[str, Any]:
    """Who runs the program: under sudo the one who called it, with the groups of that user."""
    user = os.environ.get("SUDO_UID", "")
    if os.geteuid() != 0 or not user.isdigit():
        return {}
    return {"user": int(user), "group": int(os.environ.get("SUDO_GID", user)), "extra_groups": []}


def _key_file(path: str, folder: str) -> str:
    """An empty file that only the program's user can read."""
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}") from None
    caller = _caller()
    if caller:
        os.fchown(fd, caller["user"], caller["group"])
        Path(folder).chmod(0o711)  # its name can be guessed by nobody
    os.close(fd)
    return path


def _wipe(path: str) -> None:
    """Overwrite before the file is removed; a file system in memory leaves nothing then."""
    with Path(path).open("r+b") as file:
        file.write(bytes(Path(path).stat().st_size))
        file.flush()
        os.fsync(file.fileno())


def _output(path: str) -> Any:
    return Path(path).open("w", encoding="utf-8") if path else _Standard()


class _Standard:
    """Standard output, which is not ours to close."""

    def __enter__(self) -> Any:
        return sys.stdout

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()
