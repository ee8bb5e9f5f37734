"""``procwire shape presets``: networks that have names, and those of other programs."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procwire.cli import exit
from procwire.cli.shape import guarded
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.shaping.foreign import Foreign
    from procwire.shaping.preset import Preset

DESCRIPTION = """\
Presets come from procwire itself, /etc/procwire/presets, ~/.config/procwire/presets and --presets DIR, the
later going before for one name. Each says where its figures are from: published, derived, or an estimate of
ours."""


def add(actions: Any) -> None:
    """Declare the action and what can be done."""
    parser = actions.add_parser(
        "presets", help="networks that have names: list, show, check, import", description=DESCRIPTION,
        epilog="example:\n  procwire shape presets import wifi.json5 > ~/.config/procwire/presets/w.toml\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    tasks = parser.add_subparsers(dest="task", metavar="TASK", title="tasks", required=True)
    listed = _task(tasks, "list", "every preset, with its figures", _list)
    listed.add_argument("--json", action="store_true", help="one JSON object a line")
    _task(tasks, "show", "one preset as it is written, and where it is from", _show).add_argument("name")
    checked = _task(tasks, "check", "whether preset files are right; 1 where one is not", _check)
    checked.add_argument("paths", nargs="*", metavar="FILE", help="files or directories (default: the usual)")
    imported = _task(
        tasks, "import", "presets of tcgui, ATC, throttle, comcast or tcconfig, as TOML", _import
    )
    imported.add_argument("file", metavar="FILE")
    imported.add_argument(
        "--effective",
        action="store_true",
        help="of correlated chances take what netem does, not what is written",
    )


def _task(tasks: Any, name: str, help: str, run: Any) -> Any:
    parser = tasks.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    parser.add_argument(
        "--presets", action="append", default=[], metavar="DIR", help="also the presets in DIR"
    )
    parser.set_defaults(run=guarded(run))
    return parser


def _library(arguments: argparse.Namespace, more: list[str] | None = None) -> tuple[Any, int]:
    """(library, exit code): 4 where a file was left out, which is said."""
    from procwire.shaping.library import Library

    library = Library([*arguments.presets, *(more or [])])
    for line in library.left_out:
        print(f"procwire: {clean(line)}", file=sys.stderr)
    return library, exit.INCOMPLETE if library.left_out else exit.OK


def _list(arguments: argparse.Namespace) -> int:
    library, code = _library(arguments)
    for preset in library.presets.values():
        print(json.dumps(_told(preset)) if arguments.json else line(preset))
    return code


def _told(preset: Preset) -> dict[str, Any]:
    outage = asdict(preset.outage) if preset.outage else None
    return {
        "schema": "procwire.preset/1", "name": preset.name, "title": preset.title, "basis": preset.basis,
        "source": preset.source, "words": dict(preset.words), "outage": outage, "origin": preset.origin,
    }  # fmt: skip


def line(preset: Preset) -> str:
    """One preset for people: its name, its rates down and up, its round trip, its loss."""
    from procwire.shaping.quantities import show_rate, show_share, show_span

    made = preset.effects
    rates = [made[way].rate for way in ("ingress", "egress") if way in made]
    speed = "/".join(show_rate(rate.bits) if rate else "-" for rate in rates) if any(rates) else "-"
    trip = show_span(sum(effect.latency_ns for effect in made.values()))
    losses = {effect.loss.mean for effect in made.values() if effect.loss is not None}
    loss = "/".join(show_share(round(each, 6)) for each in sorted(losses)) or "-"
    return (
        f"{clean(preset.name):<16} {speed:<18} {trip:<8} {loss:<6} {preset.basis:<10} {clean(preset.title)}"
    )


def _show(arguments: argparse.Namespace) -> int:
    from procwire.shaping.texts.writing import table

    library, code = _library(arguments)
    preset = library.named(arguments.name)
    about = {"title": preset.title, "basis": preset.basis, "source": preset.source}
    print(f"# {preset.origin}")
    print(table(preset.name, about, preset.words), end="")
    if preset.outage is not None:
        told = preset.outage
        print(f"# outage: up {told.up_ns / 1e9:g} s, down {told.down_ns / 1e9:g} s (emulated alone)")
    return code


def _check(arguments: argparse.Namespace) -> int:
    library, code = _library(arguments, arguments.paths)
    print(f"{len(library.presets)} presets are right, {len(library.left_out)} files are not")
    return exit.FAILURE if code else exit.OK


def _import(arguments: argparse.Namespace) -> int:
    from procwire.shaping.texts.writing import table

    for told in imported(arguments.file, effective=arguments.effective):
        about = {
            "title": told.title,
            "basis": "imported",
            "source": f"{told.program}: {Path(arguments.file).name}",
        }
        for note in told.notes:
            print(f"procwire: {clean(told.name)}: {clean(note)}", file=sys.stderr)
        print(table(told.preset_name, about, told.words, told.notes))
    return exit.OK


def imported(path: str, *, effective: bool = False) -> list[Foreign]:
    """The presets of a file of another program, each tried. Raises ShapingError."""
    from procwire.shaping.comcast import comcast
    from procwire.shaping.failure import InvalidError
    from procwire.shaping.foreign import foreign
    from procwire.shaping.texts import json5
    from procwire.shaping.texts.located import MAX_BYTES, FileError
    from procwire.shaping.words import effects

    with Path(path).open("rb") as file:
        text = file.read(MAX_BYTES + 1).decode("utf-8", "replace")
    start = text.find("{") if "module.exports" in text[:2000] or "export default" in text[:2000] else 0
    plain = "\n" * text.count("\n", 0, start) + text[start:].strip().removesuffix(";")
    if plain.lstrip()[:1] in ("{", "[", "/") and "comcast --" not in text:
        found = foreign(json5.read(plain, path), effective=effective)
    else:
        found = comcast(text, path)
    for told in found:
        try:
            effects(told.words)
        except InvalidError as error:
            raise FileError(path, 1, f"{told.name}: {error}") from None
    return found
