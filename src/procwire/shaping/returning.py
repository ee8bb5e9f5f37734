"""A container that ends may be started again: its impairment rests meanwhile, and takes hold of the new one.

Until its lease ends it stands in the journal without parts. What is asked then is what was asked at first;
the container is found by its name again, so another process, another network namespace and another wire are
no matter.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from procwire.shaping.board import Board
from procwire.shaping.failure import ShapingError
from procwire.shaping.hold import Hold
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.restoring import undo

if TYPE_CHECKING:
    from collections.abc import Callable

    from procwire.shaping.requests import Reply, Request
    from procwire.shaping.session import Asked

    Answering = Callable[[Request], Reply]

RESTS = "it has ended: shaped again when it is started again"


def may_return(entry: Entry) -> bool:
    """Whether its target is one that is started again under its name."""
    return str(entry.document.get("target", "")).startswith("container:")


def rests(entry: Entry) -> bool:
    """Whether it waits for that."""
    return not entry.parts


def rest(hold: Hold, kept: Journal) -> Hold | None:
    """Put back what is left of it, and wait; None where that cannot be now. Raises ShapingError, OSError."""
    with kept.quiet() as free:
        if not free:
            return None
        for part in reversed(hold.entry.parts):
            if failed := undo(part, hold.kernels):
                raise ShapingError("; ".join(failed))
        notes = tuple(dict.fromkeys((*hold.entry.notes, RESTS)))
        resting = msgspec.structs.replace(hold.entry, parts=(), notes=notes)
        kept.put(resting)
        Board(kept.folder).take_off(resting.id)
        return Hold(resting)


def come_back(entry: Entry, kept: Journal, warden: Asked) -> bool:
    """Shape it again, if it runs; whether it does."""
    from procwire.shaping.session import Shaper  # which asks a warden, as a rule another one

    with (
        contextlib.suppress(ShapingError, OSError),
        kept.quiet() as free,
        Shaper(kept.folder, warden=warden) as shaper,
    ):
        return free and shaper.again(entry)
    return False


class Direct:
    """Shaping's warden, asked by itself."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer

    def have(self, asked: Request) -> Reply:
        """See guard.Line. Raises ShapingError."""
        from procwire.shaping.requests import Refused

        told = self._answer(asked)
        if isinstance(told, Refused):
            raise ShapingError(told.reason)
        return told

    def ask(self, asked: Request) -> Reply | None:
        """The same."""
        return self.have(asked)

    def close(self) -> None:
        """There is nothing to hang up."""
