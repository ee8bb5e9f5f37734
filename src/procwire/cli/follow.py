"""``procwire follow``: what the two ends of one flow say to each other."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.output.conversation import Form, Speaker
from procwire.cli.stopping import on_signal
from procwire.engine.api import (
    EngineError,
    Reading,
    ReadOptions,
    Silent,
    Tap,
    Watching,
    WatchOptions,
    is_name,
)
from procwire.model.flow import Flow

HELP = """\
FLOW is a flow_id or a community_id, as read and watch show them, or with --file a number: which of the flows
with payload, in the order in which they begin to speak. Encrypted flows are shown decrypted as far as
--keylog, SSLKEYLOGFILE or secrets inside the file open them. As text, bodies of HTTP are shown out of their
coding (gzip, deflate, br, zstd; each 1 MiB at most), HTTP/2 and HTTP/3 as fields and bodies; --hex and --raw
show the very bytes.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "follow",
        help="the conversation of one flow, decrypted where keys are there",
        description="Show what the two ends of one flow say, in order, from a capture file or live.",
        epilog=HELP,
    )
    parser.add_argument("flow", metavar="FLOW", help="flow_id, community_id, or number in the file")
    file = parser.add_argument("--file", metavar="FILE", default="", help="from this capture (default: live)")
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="as text, other characters escaped (default)")
    form.add_argument("--hex", action="store_true", help="as a hex dump")
    form.add_argument("--raw", action="store_true", help="the bytes alone, both sides in order of time")
    parser.add_argument("--direction", choices=("out", "in"), help="only what src (out) or dst (in) said")
    parser.add_argument(
        "--for", type=words.seconds, dest="seconds", metavar="SPAN", help="live: stop after SPAN"
    )
    parser.add_argument(
        "-i", "--interface", action="append", default=[], metavar="IF", help="live: watch this one"
    )
    words.add_keys(parser)
    words.add_sandbox(parser)
    words.add_extensions(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Follow; 1 when there is no such flow, 4 when parts of it could not be read."""
    if not is_name(arguments.flow):
        raise EngineError(f"{arguments.flow!r} is no flow_id, community_id or number", exit.USAGE)
    if arguments.flow.isdigit() and len(arguments.flow) != 16 and not arguments.file:
        raise EngineError("a number names a flow of a file: give --file", exit.USAGE)
    form = Form.RAW if arguments.raw else Form.HEX if arguments.hex else Form.TEXT
    side = {"out": 0, "in": 1}.get(arguments.direction or "")
    speaker = Speaker(sys.stdout.buffer, form, side)
    return _from_file(arguments, speaker) if arguments.file else _live(arguments, speaker)


class _Nobody(Silent):
    """Cares for no flow: the tap hears what matters."""


def _from_file(arguments: argparse.Namespace, speaker: Speaker) -> int:
    taps: list[Tap] = []

    def tapped(keys: Any, inner: Any) -> Tap:
        taps.append(Tap(inner, arguments.flow, keys, speaker.hear, readable=speaker.form is Form.TEXT))
        return taps[0]

    options = ReadOptions(paths=(arguments.file,), keylog=arguments.keylog, sandbox=arguments.sandbox)
    reading = Reading(options, _Nobody(), tap=tapped)
    words.tell_open(reading.confinement.open)
    with on_signal(reading.stop):
        reading.run()
    speaker.finish(taps[0].notes)
    words.tell_keys(reading.keys)
    if reading.error is not None:
        print(f"procwire: {reading.error}", file=sys.stderr)
        return exit.FAILURE
    return _ending(taps[0], arguments.flow, arguments.file, shown=speaker.form is not Form.RAW)


def _ending(tap: Tap, name: str, where: str, *, shown: bool) -> int:
    """``shown``: what the tap notes stands on standard output already."""
    if not tap.followed:
        print(f"procwire: no flow {name} with payload in {where}", file=sys.stderr)
        return exit.FAILURE
    for place in tap.moves:
        print(f"procwire: the connection went on from {place}", file=sys.stderr)
    for note in () if shown and sys.stdout.isatty() else tap.notes:
        print(f"procwire: {note}", file=sys.stderr)
    return exit.INCOMPLETE if tap.notes else exit.OK


class UntilEnded:
    """An audience that stops the watch when the flow has ended."""

    def __init__(self) -> None:
        self.watching: Watching | None = None
        self.tap: Tap | None = None

    def told(self, event: str, flow: Flow) -> None:  # noqa: ARG002
        """See listening.Audience."""
        if event == "end" and self.tap is not None and self.tap.has_ended and self.watching is not None:
            self.watching.stop()

    def observed(self, flow: Flow, observation: Any) -> None:
        """See listening.Audience."""

    def ticked(self, now: int) -> None:
        """See listening.Audience."""


class _Live(UntilEnded):
    """The same, for one who reads what is printed."""

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """See listening.Audience."""
        sys.stdout.flush()


def _live(arguments: argparse.Namespace, speaker: Speaker) -> int:
    face = _Live()

    def tapped(keys: Any, inner: Any) -> Tap:
        face.tap = Tap(inner, arguments.flow, keys, speaker.hear, readable=speaker.form is Form.TEXT)
        return face.tap

    options = WatchOptions(
        source="tap",  # no byte is skipped
        interfaces=tuple(arguments.interface),
        seconds=arguments.seconds,
        owners=False,
        keylog=arguments.keylog,
        sandbox=arguments.sandbox,
    )
    watching = face.watching = Watching(options, face, tap=tapped)
    print(f"procwire: waiting for flow {arguments.flow}", file=sys.stderr, flush=True)
    with on_signal(watching.stop):
        watching.run()
    assert face.tap is not None
    speaker.finish(face.tap.notes)
    words.tell_keys(watching.keys)
    return _ending(face.tap, arguments.flow, "what was watched", shown=speaker.form is not Form.RAW)
