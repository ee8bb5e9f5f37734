"""Which rules of a directory are switched on, off or to test, beside what their files say.

One JSON file a directory, so that rules of packages and of others stay as they are; a later directory goes
before an earlier one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from procwire.detect.rule import STATES
from procwire.extensions.reason import ExtensionError

NAME = "states.json"
MAX_FILE_BYTES = 4 << 20


def read(directory: Path) -> dict[str, str]:
    """State by rule; none where there is no such file. Raises ExtensionError."""
    path = directory / NAME
    try:
        if not directory.is_dir() or not path.is_file():
            return {}
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ExtensionError(f"{path}:1: larger than {MAX_FILE_BYTES} bytes")
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise ExtensionError(f"{path}: {error.strerror or error}") from None
    except msgspec.DecodeError as error:
        raise ExtensionError(f"{path}:1: {error}") from None
    for name, state in found.items():
        if state not in STATES:
            raise ExtensionError(f"{path}:1: {name}: the states are {', '.join(STATES)}")
    return found


def change(directory: Path, names: list[str], state: str) -> Path:
    """Set the state of rules, whole or not at all; the file. Raises ExtensionError."""
    path = directory / NAME
    found = read(directory) | dict.fromkeys(names, state)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".new")
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(dict(sorted(found.items())))) + b"\n")
        aside.replace(path)
    except OSError as error:
        raise ExtensionError(f"{path}: {error.strerror or error}") from None
    return path
