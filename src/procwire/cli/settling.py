"""Options that were not given take the value that is written down: files, environment, ``--set``.

While the words are parsed, such an option has no default, so that what was given is told from what was not.
"""

from __future__ import annotations

import argparse
from typing import Any

from procwire.cli import exit
from procwire.configuration.keys import KEYS, Key
from procwire.configuration.layers import DEFAULT, Settings, load
from procwire.configuration.reason import ConfigurationError
from procwire.engine.options import EngineError

KEEPS = ("watch", "daemon", "read", "ps", "doctor")  # whose --store may be given without a directory
Defaults = dict[tuple[str, str], Any]


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """--config and --set, before the command."""
    parser.add_argument(
        "--config", metavar="FILE", default="",
        help="read this file after /etc/procwire/config.toml and ~/.config/procwire/config.toml",
    )  # fmt: skip
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="settings",
        help="set a key of the configuration (procwire config show lists them)",
    )  # fmt: skip


def parse(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    """Parse; what was not given has the value that is written down. Raises EngineError."""
    defaults = _take_defaults(parser)
    arguments, left = parser.parse_known_args(words)
    if left:
        is_filter = hasattr(arguments, "filter") and not left[0].startswith("-")
        hint = f"; a filter is given as --filter '{left[0]}'" if is_filter else ""
        parser.error(f"unrecognized arguments: {' '.join(left)}{hint}")
    command = arguments.command
    mine = [key for key in KEYS if command in key.commands and hasattr(arguments, key.dest)]
    if mine or command == "config":
        settings = settings_of(arguments, missing_ok=command == "config")
        for key in mine:
            if getattr(arguments, key.dest) is None:
                setattr(arguments, key.dest, _value(key, settings, defaults.get((command, key.dest))))
        if mine:
            _store(arguments, settings)
    return arguments


def settings_of(arguments: argparse.Namespace, *, missing_ok: bool = False) -> Settings:
    """All keys with their values. ``missing_ok``: faults are for the command to say. Raises EngineError."""
    try:
        return load(arguments.config, arguments.settings)
    except ConfigurationError as error:
        if missing_ok:
            return {}
        raise EngineError(str(error), exit.USAGE) from None


def written(arguments: argparse.Namespace | None, name: str) -> Any:
    """The value of one key, for a command that has no option for it. Raises EngineError."""
    asked = argparse.Namespace(
        config=getattr(arguments, "config", ""), settings=getattr(arguments, "settings", [])
    )
    return settings_of(asked)[name].value


def commands_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _take_defaults(parser: argparse.ArgumentParser) -> Defaults:
    commands = commands_of(parser)
    places = {(command, key.dest) for key in KEYS for command in key.commands}
    taken: Defaults = {}
    for command, own in commands.items():
        for action in own._actions:
            if (command, action.dest) in places:
                taken[command, action.dest] = action.default
                action.default = None
    return taken


def _value(key: Key, settings: Settings, default: Any) -> Any:
    setting = settings[key.name]
    if (setting.origin == DEFAULT and key.option) or key.name == "store.enabled":
        return default
    return key.turn(setting.value) if key.turn is not None else setting.value


def _store(arguments: argparse.Namespace, settings: Settings) -> None:
    """``store.enabled`` is a watch's --store, in the directory that is written down; given or not.

    A daemon keeps what it sees where it is not told otherwise.
    """
    if arguments.command == "daemon" and arguments.store is None and not arguments.no_store:
        arguments.store = ""
    asked = arguments.command == "watch" and arguments.store is None and settings["store.enabled"].value
    if asked or (arguments.command in KEEPS and arguments.store == ""):
        arguments.store = settings["store.directory"].value
