"""Where presets and scenarios are: what ships, the host's, the user's, directories that are named.

A later one goes before an earlier one of the same name. A file that is wrong is left out and told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from procwire.shaping.failure import InvalidError, ShapingError
from procwire.shaping.preset import Preset, presets
from procwire.shaping.texts import json5, toml
from procwire.shaping.texts.located import MAX_BYTES, FileError, Located

SHIPPED = Path(__file__).parent
MAX_FILES = 1000  # of a directory


def directories(kind: str, more: Sequence[str] = ()) -> list[Path]:
    """Of ``presets`` or ``scenarios``, the first to be overruled first."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return [SHIPPED / kind, Path("/etc/procwire") / kind, Path(home, "procwire", kind), *map(Path, more)]


def read(path: Path) -> Located:
    """A TOML or JSON5 file. Raises FileError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise FileError(str(path), 1, error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise FileError(str(path), data[: error.start].count(b"\n") + 1, "not UTF-8") from None
    if path.suffix in (".json", ".json5"):
        return json5.read(text, str(path))
    return toml.read(text, str(path))


def files(folder: Path) -> Iterator[Path]:
    """The TOML and JSON5 files of a directory, by name; none where there is no such directory."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    except FileNotFoundError:
        return
    for name in names[:MAX_FILES]:
        if name.endswith((".toml", ".json5", ".json")) and not name.startswith("."):
            yield folder / name


class Library:
    """All presets by name; ``left_out`` says which files are wrong."""

    def __init__(self, more: Sequence[str] = ()) -> None:
        self.presets: dict[str, Preset] = {}
        self.left_out: list[str] = []
        asked = set(map(Path, more))
        for folder in directories("presets", more):
            if folder in asked and not folder.exists():
                self.left_out.append(f"{folder}: no such file or directory")
            for path in [folder] if folder.is_file() else files(folder):
                try:
                    self.presets |= {each.name: each for each in presets(read(path))}
                except ShapingError as error:
                    self.left_out.append(str(error))

    def named(self, name: str) -> Preset:
        """Raises InvalidError, with names that are like it."""
        if name in self.presets:
            return self.presets[name]
        alike = [known for known in self.presets if name.lower() in known or known in name.lower()]
        known = f"such as {', '.join(alike[:5])}" if alike else "see procwire shape presets list"
        raise InvalidError("preset", f"{name[:60]!r} is not known: {known}")
