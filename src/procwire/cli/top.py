"""``procwire top``: screens in the terminal, over live traffic, a daemon or a capture file."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from procwire.cli import exit
from procwire.cli.alerting import add_directory
from procwire.cli.capturing import add_capture, add_interfaces
from procwire.engine.options import EngineError, ReadOptions

if TYPE_CHECKING:
    from procwire.cli.forking import Fork
    from procwire.tui.host import Host

EXAMPLES = """\
examples:
  procwire top                    what this host talks about, live (as root)
  procwire top trace.pcapng       a recording, with a time slider: [ and ] wind it
  procwire top 20261126T0022-scan  an incident that was frozen, or a bundle, with its owners
  procwire top --plain            the same by typed words, for screen readers and dumb terminals
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "top",
        help="screens in the terminal: flows, processes, protocols, findings",
        description="Look around in the terminal: live traffic, or a capture file with a time slider. "
        "Keys are those of vim and less; ? is help on every screen, : all commands by name.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="capture files, an incident or a bundle instead of live traffic",
    )  # fmt: skip
    files.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    parser.add_argument(
        "--plain", action="store_true",
        help="by typed words, nothing drawn: for screen readers, and for terminals that can only print",
    )  # fmt: skip
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII alone")
    parser.add_argument(
        "--theme", choices=("dark", "light", "ansi", "ansi-light", "mono"),
        help="colours (default: what suits the terminal; NO_COLOR is heard)",
    )  # fmt: skip
    parser.add_argument(
        "--attach", metavar="SOCKET", default="",
        help="look at the daemon that answers there (default: the usual one where it runs, else an engine of "
        "one's own for the length of the command)",
    )  # fmt: skip
    add_interfaces(parser)
    add_capture(parser)
    add_directory(parser)
    parser.set_defaults(run=run, findings=None, thresholds=[], rules=[])


def run(arguments: argparse.Namespace) -> int:
    """Show until it is left; the exit code."""
    if not arguments.plain and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EngineError("top needs a terminal: procwire watch and procwire read write lines", exit.USAGE)
    if arguments.files:
        return _of_files(arguments)
    from procwire.cli.top_live import live

    return live(arguments)


def _of_files(arguments: argparse.Namespace) -> int:
    from procwire.cli.forking import Fork
    from procwire.cli.relay import relay
    from procwire.cli.top_incident import opened_of

    files = tuple(arguments.files)
    opened = opened_of(files[0]) if len(files) == 1 else None
    print(f"procwire: reading {', '.join(files)}", file=sys.stderr, flush=True)
    options = ReadOptions(
        paths=files if opened is None else (opened.packets,), merge=len(files) > 1, lenient=True, workers=1,
        keylog=arguments.keylog, sandbox=arguments.sandbox,
    )  # fmt: skip
    fork = Fork(lambda made: relay(made, options, arguments, opened))
    return _shown(arguments, fork)


def _shown(arguments: argparse.Namespace, fork: Fork) -> int:
    from procwire.tui.aside import Aside
    from procwire.tui.host import HostError

    try:
        host: Host = Aside(fork.made)
    except HostError:
        code = fork.end()
        sys.stderr.write(fork.said())
        return code or exit.FAILURE
    try:
        return show(host, arguments)
    finally:
        host.close()
        fork.end()
        sys.stderr.write(fork.said())


def show(host: Host, arguments: argparse.Namespace) -> int:
    """Take the terminal. Raises EngineError where there is no Textual."""
    from procwire.tui import settings as kept
    from procwire.tui import terminal

    try:
        from procwire.tui.app import Terminal
    except ImportError as error:
        raise EngineError(f"{error}: pip install 'procwire[tui]'") from None
    if arguments.plain:
        from procwire.tui.plain import Plain

        return Plain(host, input, print).run()
    environment = dict(os.environ)
    place = kept.place(environment)
    settings = kept.load(place)
    light = terminal.is_light(environment, sys.stdin.fileno())
    theme = arguments.theme or settings.theme or terminal.theme_for(environment, light=light)
    if environment.get("NO_COLOR"):
        theme = arguments.theme or "mono"
    ascii_only = (
        settings.ascii or arguments.ascii or terminal.ascii_only(environment)
    )  # of this run, not kept
    first, said = "", ""
    while True:
        app = Terminal(host, settings=settings, settings_file=place, environment=environment)
        app.begin = (first, said)
        app.ascii_only = app.looking.ascii_only = ascii_only
        app.wear(theme)
        code = app.run() or exit.OK
        if not app.opening:
            return code
        first, said = "incidents", _inside(app.opening, arguments)


def _inside(name: str, arguments: argparse.Namespace) -> str:
    """An incident in the place of the screens, until it is left; why it cannot be shown, where it cannot."""
    inner = argparse.Namespace(**{**vars(arguments), "files": [name]})
    try:
        code = _of_files(inner)
    except EngineError as error:
        return str(error)
    return "" if code == exit.OK else f"{name} could not be read"
