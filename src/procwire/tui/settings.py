"""What is remembered from one time to the next: columns, order, groups, theme; a JSON file under XDG.

A file that cannot be read is not an error: the terminal then is as it comes. One that cannot be written is
said once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

MAX_FILE_BYTES = 1 << 20
MAX_HISTORY = 100
NAME = "terminal.json"


class ViewSettings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Of one screen. No columns: those that its table shows by itself."""

    columns: tuple[str, ...] = ()
    order: str = ""
    descending: bool = True
    by: str = ""


class Settings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Of all. ``filters``: those that were used last, the last one first."""

    theme: str = ""
    ascii: bool = False
    views: dict[str, ViewSettings] = {}
    filters: list[str] = []
    queries: list[str] = []

    def view(self, name: str) -> ViewSettings:
        """A screen's own, made where there are none yet."""
        return self.views.setdefault(name, ViewSettings())


def used(history: list[str], text: str) -> None:
    """Put a text first in a history, once."""
    if text:
        history[:] = [text, *(each for each in history if each != text)][:MAX_HISTORY]


def place(environment: Mapping[str, str]) -> Path:
    """Where the file is."""
    root = environment.get("XDG_CONFIG_HOME", "")
    folder = Path(root) if root.startswith("/") else Path(environment.get("HOME", "/"), ".config")
    return folder / "procwire" / NAME


def load(path: Path | None) -> Settings:
    """What was saved, or what is usual."""
    if path is None:
        return Settings()
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(MAX_FILE_BYTES), type=Settings)
    except (OSError, msgspec.MsgspecError):
        return Settings()


def save(settings: Settings, path: Path | None) -> str:
    """Write it, whole or not at all; returns why not, or an empty string."""
    if path is None:
        return ""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(settings)) + b"\n")
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        return f"settings were not saved: {path}: {error.strerror or error}"
    return ""
