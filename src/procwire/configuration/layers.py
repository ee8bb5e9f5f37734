"""Where values come from, the later ones first of all: default, system file, user's file, named file,
environment, command line. Each keeps its origin.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from procwire.configuration.checking import UnfitError, checked, read
from procwire.configuration.files import Setting, read_file
from procwire.configuration.keys import BY_NAME, KEYS
from procwire.configuration.reason import ConfigurationError
from procwire.model.filter.fault import nearest

SYSTEM = "/etc/procwire/config.toml"
DEFAULT = "default"
PREFIX = "PROCWIRE_"

Settings = dict[str, Setting]


def usual(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """The files that are read where they exist: the system's, then the user's."""
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or '/root'}/.config"
    return [path for path in (Path(SYSTEM), Path(home, "procwire", "config.toml")) if path.is_file()]


def load(named: str = "", words: Iterable[str] = (), environ: Mapping[str, str] = os.environ) -> Settings:
    """Every key's value and origin. ``words``: KEY=VALUE of a command line. Raises ConfigurationError.

    ``named`` is read beside the usual files, and must exist.
    """
    settings = defaults()
    faults: list[str] = []
    for path in (*usual(environ), *([Path(named)] if named else [])):
        found, wrong = read_file(path)
        settings |= found
        faults += wrong
    for origin, name, text in (*_environment(environ), *_words(words, faults)):
        key = BY_NAME[name]
        try:
            written = read(key, text)
            settings[name] = Setting(value=checked(key, written), written=written, origin=origin)
        except UnfitError as error:
            faults.append(f"{origin}: {error}")
    if faults:
        raise ConfigurationError("\n".join(faults))
    return settings


def defaults() -> Settings:
    """What holds where nothing is written."""
    return {
        key.name: Setting(value=checked(key, key.default), written=key.default, origin=DEFAULT)
        for key in KEYS
    }


def strangers(environ: Mapping[str, str]) -> list[str]:
    """Names of the environment that look like keys and are none, a line each."""
    known = {key.variable for key in KEYS}
    return [
        f"{name} in the environment is no key: {hint}"
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known and (hint := _near(name, known))
    ]


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # for what is wrong alone

    found = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f"did you mean {found[0]}?" if found else ""


def _environment(environ: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [
        (key.variable, key.name, environ[key.variable])
        for key in KEYS
        if environ.get(key.variable) is not None
    ]


def _words(words: Iterable[str], faults: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for word in words:
        name, given, value = word.partition("=")
        if not given or name not in BY_NAME:
            hint = nearest(name, BY_NAME) or "procwire config show lists the keys"
            fault = f"there is no key {name}: {hint}" if given else "write KEY=VALUE"
            faults.append(f"--set {word}: {fault}")
            continue
        found.append(("--set", name, value))
    return found
