"""``procwire completions`` and ``procwire manpage``: made from the parser, so they cannot fall behind it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from procwire import __version__
from procwire.cli import exit
from procwire.cli.completions import SHELLS, complete
from procwire.cli.manpage import manual

DATE = "2026-11-25"  # of the manual page's last change of substance


def add(commands: Any) -> None:
    """Declare both commands."""
    words = commands.add_parser(
        "completions",
        help="print a completion script for a shell",
        description="Print a completion script, e.g.: procwire completions bash > "
        "/etc/bash_completion.d/procwire",
    )
    words.add_argument("shell", choices=SHELLS)
    words.set_defaults(run=completions)
    words = commands.add_parser(
        "manpage",
        help="print the manual page (roff)",
        description="Print the manual page, e.g.: procwire manpage > /usr/local/share/man/man1/procwire.1",
    )
    words.set_defaults(run=manpage)


def completions(arguments: argparse.Namespace) -> int:
    """Print the script."""
    from procwire.cli.main import parser

    sys.stdout.write(complete(parser(), arguments.shell))
    return exit.OK


def manpage(arguments: argparse.Namespace) -> int:  # noqa: ARG001
    """Print the page."""
    from procwire.cli.main import parser

    sys.stdout.write(manual(parser(), version=__version__, date=DATE))
    return exit.OK
