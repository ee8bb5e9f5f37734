"""What procwire itself put onto this machine: impairments of networks and incidents, as tables for faces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.alert import AlertRow
from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, items, size, text
from procwire.recorder.listing import IncidentRow, folders, incidents
from procwire.tui.host import HostError

MAX_ALERTS = 2000  # the latest


class ShapedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One impairment on one side of one interface."""

    id: str
    target: str
    interface: str
    asked: tuple[str, ...]
    ends: str
    watched: bool
    packets: int | None = None
    bytes: int | None = None
    dropped: int | None = None
    waiting: int | None = None
    namespace: str = ""
    notes: tuple[str, ...] = ()


SHAPING = Table(
    name="shaping",
    doc="What is made slow, lossy or late on purpose, until when, and what it did to packets.",
    columns=(
        text("target", "Whose network it is.", attrgetter("target"), shown=True),
        text("interface", "Interface and side.", attrgetter("interface"), shown=True),
        text("namespace", "Network namespace that it is in; empty for this one's.", attrgetter("namespace"),
             shown=True, rank=1),
        items("asked", "What was asked for: name=value.", attrgetter("asked"), shown=True),
        count("packets", "Packets that went through it.", attrgetter("packets"), "packets", shown=True),
        size("bytes", "Bytes that it let pass.", attrgetter("bytes"), shown=True, rank=1),
        count("dropped", "Packets that it dropped.", attrgetter("dropped"), "packets", shown=True),
        count("waiting", "Packets that wait in it.", attrgetter("waiting"), "packets", shown=True),
        text("ends", "When and how it ends.", attrgetter("ends"), shown=True),
        column("watched", Kind.BOOLEAN, "Whether somebody watches over it, and puts it back.",
               attrgetter("watched"), shown=True),
        text("id", "Name of the impairment.", attrgetter("id"), shown=True),
        items("notes", "What else is to be said.", attrgetter("notes")),
    ),
    key=("id", "interface"),
)  # fmt: skip


def shaped() -> list[ShapedRow]:
    """What is shaped now. Raises HostError."""
    from procwire.shaping import guard
    from procwire.shaping.failure import ShapingError
    from procwire.shaping.session import Shaper

    try:
        with Shaper() as shaper:
            entries = shaper.entries()
            told = guard.ask(shaper.journal.folder) if entries else None
            watched = set(told.held) if told is not None else set()
            names = namespaces() if entries else {}
            rows = []
            for entry in entries:
                found = _rows(entry, shaper.counted(entry), watched=entry.id in watched)
                for part, row in zip(entry.parts, found, strict=True):
                    where = names.get(part.place.inode, f"#{part.place.inode}")
                    rows.append(msgspec.structs.replace(row, namespace=where))
            return rows
    except PermissionError:
        raise HostError("what is shaped can only be read by root", "sudo procwire top") from None
    except (OSError, ShapingError) as error:
        raise HostError(f"shaping: {error}", "procwire doctor says what this kernel allows") from None


def namespaces() -> dict[int, str]:
    """Network namespaces by inode: empty for the own one, else the name or the number."""
    from procwire.shaping.namespace import OWN, named

    found = {inode: Path(path).name for inode, path in named().items()}
    return found | {Path(OWN).stat().st_ino: ""}


def _rows(entry: Any, counted: Iterable[Mapping[str, Any]], *, watched: bool) -> Iterable[ShapedRow]:
    from procwire.cli.shape_set import ending

    asked = tuple(asked_of(entry.document))
    for each in counted:
        there = each["there"]
        yield ShapedRow(
            id=entry.id, target=str(entry.document.get("target")),
            interface=f"{each['interface']} {each['side']}",
            asked=asked, ends=ending(entry), watched=watched, notes=entry.notes,
            packets=each["packets"] if there else None, bytes=each["bytes"] if there else None,
            dropped=each["drops"] if there else None,
            waiting=each["waiting"] if there else None,
        )  # fmt: skip


def asked_of(document: Mapping[str, Any], within: str = "") -> Iterable[str]:
    """What a document asks for, flat: ``egress.delay=80ms``."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from asked_of(value, f"{within}{name}.")
        elif name not in ("target", "schema") and value not in (None, "", [], ()):
            yield f"{within}{name}={'; '.join(value) if isinstance(value, list) else value}"


def frozen() -> list[IncidentRow]:
    """The incidents of this host. Raises HostError."""
    try:
        return list(incidents(*folders()))
    except OSError as error:
        raise HostError(f"{error.filename}: {error.strerror}", "sudo procwire top") from None


def kept_alerts(directory: str = "") -> list[AlertRow]:
    """The latest alerts of the outbox in ``directory``, or the usual one; none where there is none.

    Raises HostError.
    """
    from procwire.alerts.file import outbox_file
    from procwire.alerts.reason import AlertError
    from procwire.alerts.review import Review

    try:
        path = outbox_file(directory)
        if not path.exists():
            return []
        with Review(path) as review:
            return list(review.alerts(most=MAX_ALERTS))
    except OSError as error:
        raise HostError(f"alerts: {error.strerror or error}", "sudo procwire top") from None
    except AlertError as error:
        raise HostError(str(error)) from None


def recorders_told(order: str) -> str:
    """Have every watch that records ``freeze`` what it has, ``disarm`` or ``arm``. Raises HostError."""
    from procwire.recorder.asking import ORDERS, ask, recording
    from procwire.recorder.reason import RecorderError

    pids = recording()
    if not pids:
        raise HostError("no watch records here", "procwire watch --record")
    try:
        for pid in pids:
            ask(pid, ORDERS[order])
    except (OSError, RecorderError) as error:
        raise HostError(f"{order}: {error}") from None
    return f"asked {', '.join(map(str, pids))} to {order}"
