"""What was tried from inside the sandbox: rows and their table."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Table
from procwire.model.declare import text

BLOCKED, NOT_BLOCKED, NEEDED = "blocked", "NOT BLOCKED", "needed"


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to get out. ``outside``: what became of the same attempt without the sandbox."""

    group: str
    name: str
    attempt: str
    verdict: str
    how: str = ""
    outside: str = ""


TRIALS = Table(
    name="trial",
    doc="One attempt to get out of the sandbox, made from inside it.",
    columns=(
        text("group", "What it is about.", attrgetter("group"), shown=True, width=9),
        text("name", "What the attempt is called.", attrgetter("name"), shown=True),
        text("attempt", "What was tried.", attrgetter("attempt"), shown=True),
        text(
            "verdict",
            "What came of it: blocked, NOT BLOCKED, or needed for its work.",
            attrgetter("verdict"),
            shown=True,
            width=11,
        ),
        text("how", "What stopped it, in the kernel's words.", attrgetter("how"), shown=True),
        text(
            "outside", "What becomes of it outside of the sandbox.", attrgetter("outside"), shown=True, rank=5
        ),
    ),
)
