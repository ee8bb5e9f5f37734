"""Puts back what an entry of the journal changed: for ``clear``, for ``recover``, and for the watchdog."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from procwire.shaping import namespace
from procwire.shaping.apply import Kernel
from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.namespace import GoneError, Namespace
from procwire.shaping.steps import Part, Place

Held = Mapping[int, Kernel]


def restore(entry: Entry, journal: Journal, held: Held | None = None) -> list[str]:
    """Undo every part, the last first; what failed, in words. Then the entry is removed, else kept for
    another try.

    ``held`` are namespaces that are open already, by inode. One that is gone took what was in it along.
    """
    failed: list[str] = []
    for part in reversed(entry.parts):
        failed += undo(part, held or {})
    if not failed:
        journal.remove(entry.id)
    return failed


def undo(part: Part, held: Held) -> list[str]:
    """Undo one part; what failed, in words."""
    kernel = held.get(part.place.inode)
    if kernel is not None:
        return kernel.undo(part.undo)
    try:
        entered = reached(part.place)
    except GoneError:
        return []
    except ShapingError as error:
        return [str(error)]
    with entered:
        return Kernel(entered).undo(part.undo)


def reached(place: Place) -> Namespace:
    """Enter a namespace by the path it was reached by, or by any other that leads to the same. Raises
    ShapingError.
    """
    with contextlib.suppress(GoneError):
        return Namespace(place.path, place.inode)
    path = namespace.named().get(place.inode)
    pids = [] if path else namespace.lived_in().get(place.inode, [])
    if not path and not pids:
        raise GoneError(f"the network namespace {place.inode} is gone, and what was in it")
    return Namespace(path or f"/proc/{pids[0]}/ns/net", place.inode)
