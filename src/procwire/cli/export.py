"""``procwire export``: capture files to one pcapng that other tools open, with keys or without."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.operating import recorded
from procwire.engine.api import EngineError, ExportOptions, export


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "export",
        help="capture files to one pcapng, with the keys of its connections or without",
        description="Write capture files as one pcapng. Secrets are left out unless --with-keys asks for "
        "them: then those of the connections in the capture go into it, and Wireshark decrypts it as it is.",
    )
    files = parser.add_argument("files", nargs="+", metavar="FILE", help="capture file")
    files.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="pcapng to write; made anew")
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument("--with-keys", action="store_true", help="with a Decryption Secrets Block")
    keys.add_argument("--redact", action="store_true", help="without any secrets (default)")
    parser.add_argument("--merge", action="store_true", help="merge several files by time, not one by one")
    words.add_keys(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export; 1 when a file was damaged."""
    if any(_same(path, arguments.output) for path in arguments.files):
        raise EngineError(f"{arguments.output} is among the files to read", exit.USAGE)
    if "-" in arguments.files and arguments.with_keys:
        raise EngineError("--with-keys reads the files twice: standard input cannot be", exit.USAGE)
    options = ExportOptions(
        paths=tuple(arguments.files),
        output=arguments.output,
        keylog=arguments.keylog,
        merge=arguments.merge,
        with_keys=arguments.with_keys,
    )
    done = export(options)
    secrets = f", with the secrets of {done.connections} connections" if arguments.with_keys else ""
    print(f"procwire: {done.frames} packets written to {arguments.output}{secrets}", file=sys.stderr)
    for trouble in done.troubles:
        print(f"procwire: {trouble}", file=sys.stderr)
    said = {
        "what": "capture",
        "output": arguments.output,
        "files": arguments.files[:100],
        "packets": done.frames,
    }
    if arguments.with_keys:
        said |= {"keys": True, "connections": done.connections}
    recorded(arguments, "exported", said)
    if done.error:
        print(f"procwire: {done.error}", file=sys.stderr)
        return exit.FAILURE
    return exit.OK


def _same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:
        return False
