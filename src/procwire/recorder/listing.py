"""Which incidents there are, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, items, text
from procwire.model.values import parse_time
from procwire.recorder.asking import places
from procwire.recorder.incident import HEAD
from procwire.recorder.reason import RecorderError
from procwire.recorder.vault import place

MAX_HEAD_BYTES = 4 << 20


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One incident."""

    id: str
    state: str
    trigger: int
    reasons: tuple[str, ...]
    packets: int
    size: int
    lacking: tuple[str, ...]


INCIDENTS = Table(
    name="incident",
    doc="Incidents that were frozen by a watch with --record.",
    columns=(
        text("id", "Name of its directory.", attrgetter("id"), shown=True),
        text("state", "Whether recording (or never finished) or frozen.", attrgetter("state"), shown=True),
        column("trigger", Kind.TIME, "When it was triggered.", attrgetter("trigger"), shown=True),
        items("reasons", "Why it was frozen.", attrgetter("reasons"), shown=True),
        count("packets", "Packets in it.", attrgetter("packets"), shown=True),
        column("size", Kind.SIZE, "Bytes of its packets.", attrgetter("size"), shown=True),
        items("lacking", "Why it is not complete.", attrgetter("lacking"), shown=True),
    ),
)


def incidents(*folders: Path) -> Iterator[IncidentRow]:
    """Oldest first. Raises OSError for a directory that cannot be read."""
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    for path in sorted(found, key=lambda each: each.name):
        if (path / HEAD).is_file():
            yield _row(head(path))


def folders(named: str = "") -> list[Path]:
    """Where incidents may lie: ``named`` alone, else the usual place and those of watches that record now."""
    usual = place(named)
    if named:
        return [usual]
    return [usual, *(each for each in places() if each.resolve() != usual.resolve())]


def directory_of(name: str, named: str = "") -> Path:
    """The directory of the incident of that name; in the usual place, where there is none."""
    found = [folder / name for folder in folders(named)]
    return next((path for path in found if path.is_dir()), found[0])


def head(directory: Path) -> dict[str, Any]:
    """What an incident says of itself. Raises RecorderError."""
    try:
        with (directory / HEAD).open("rb") as file:
            told = msgspec.json.decode(file.read(MAX_HEAD_BYTES))
    except (OSError, msgspec.MsgspecError) as error:
        raise RecorderError(
            f"{directory}: no incident: {getattr(error, 'strerror', None) or error}"
        ) from None
    if not isinstance(told, dict):
        raise RecorderError(f"{directory}: no incident")
    return told


def _row(told: dict[str, Any]) -> IncidentRow:
    lost = [f"{number} packets: {why}" for why, number in (told.get("dropped") or {}).items()]
    return IncidentRow(
        id=str(told.get("id", "?")),
        state=str(told.get("state", "?")),
        trigger=_time(told.get("trigger")),
        reasons=tuple(" ".join(filter(None, (r.get("severity"), r.get("name") or r.get("kind"))))
                      for r in told.get("reasons", ())),
        packets=int(told.get("packets", 0)),
        size=int(told.get("bytes", 0)),
        lacking=(*told.get("lacking", ()), *lost),
    )  # fmt: skip


def _time(told: Any) -> int:
    try:
        return parse_time(str(told))
    except ValueError:
        return 0
