"""``procwire config``: what is written down, from where, and what is wrong with it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from procwire.cli import exit
from procwire.cli.settling import settings_of
from procwire.configuration import layers
from procwire.configuration.files import Setting, read_file
from procwire.configuration.keys import KEYS, Key
from procwire.configuration.layers import Settings
from procwire.configuration.reason import ConfigurationError
from procwire.engine.api import TIMEOUTS
from procwire.model.filter.fault import nearest
from procwire.model.values import clean


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "config",
        help="the configuration: its keys, their values, and where each is from",
        description="show: every key with its value. check: whether the files are right, with the line of "
        "each fault. Keys are described in docs/reference/configuration.md.",
    )
    parser.add_argument("action", choices=("show", "check"), help="what to do")
    file = parser.add_argument("file", nargs="?", metavar="FILE", default="", help="check this file alone")
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    parser.add_argument("--origin", action="store_true", help="show where each value is from")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show, or check; 2 where something is wrong."""
    if arguments.action == "check":
        return _check(arguments)
    settings = settings_of(arguments)
    section = ""
    for key in KEYS:
        setting = settings[key.name]
        if arguments.json:
            print(json.dumps(_record(key, setting)))
            continue
        if key.section != section:
            print(f"{'' if not section else chr(10)}[{key.section}]")
            section = key.section
        print(_line(key, setting, origin=arguments.origin))
    return exit.OK


def _record(key: Key, setting: Setting) -> dict[str, Any]:
    return {
        "schema": "procwire.setting/1", "key": key.name, "value": setting.written, "origin": setting.origin,
        "doc": key.doc,
    }  # fmt: skip


def _line(key: Key, setting: Setting, *, origin: bool) -> str:
    """As in a file; a comment where nothing is set."""
    if setting.written in (None, {}):
        line = f"# {key.word} is not set"
    else:
        line = f"{key.word} = {toml(setting.written)}"
    return f"{line:<40}  # {clean(setting.origin)}" if origin else line


def toml(value: Any) -> str:
    """A value as a TOML file has it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def _timeouts(settings: Settings) -> list[str]:
    """Names of timeouts that do not exist: which there are is the engine's to say."""
    setting = settings.get("flows.timeouts")
    if setting is None:
        return []
    odd = [name for name in setting.value if name not in TIMEOUTS]
    hints = [nearest(name, TIMEOUTS) or f"there are {', '.join(TIMEOUTS)}" for name in odd]
    return [
        f"{setting.origin}: no timeout is called {clean(name)}: {hint}"
        for name, hint in zip(odd, hints, strict=True)
    ]


def _check(arguments: argparse.Namespace) -> int:
    """Every fault of the files, the environment and the words, a line each."""
    faults: list[str] = []
    named = arguments.file or arguments.config
    paths = [Path(arguments.file)] if arguments.file else [*layers.usual(), *([Path(named)] if named else [])]
    for path in paths:
        found, wrong = read_file(path)
        faults += [*wrong, *_timeouts(found)]
    if not arguments.file:
        try:
            settings = layers.load("", arguments.settings)
        except ConfigurationError as error:
            faults += [line for line in str(error).splitlines() if line not in faults]
        else:
            faults += _timeouts(settings)
        for stranger in layers.strangers(os.environ):
            print(f"procwire: {stranger}", file=sys.stderr)
    for fault in faults:
        print(fault)
    if not faults:
        print(f"ok: {', '.join(map(str, paths)) or 'no file; every key has its default'}")
    return exit.USAGE if faults else exit.OK
