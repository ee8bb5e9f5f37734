"""What a store says of itself: the runs that filled it, and the rows that it lost."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, text
from procwire.model.getters import known


class RunRow(msgspec.Struct, kw_only=True):
    """One row of RUNS. Empty text and 0 stand for "not known"; times are ns since 1970, by the clock."""

    run: int
    command: str
    source: str = ""
    process: str = ""
    started: int = 0
    written: int = 0
    ended: int = 0
    rows: int = 0
    lost: int = 0
    problem: str = ""


class LossRow(msgspec.Struct, kw_only=True):
    """One row of LOSSES."""

    run: int
    kept_in: str
    first: int
    last: int
    rows: int
    reason: str


RUNS = Table(
    name="store_run",
    doc="One run of a command that stored what it saw.",
    columns=(
        count("run", "Number of the run, in the column `run` of every stored row.", attrgetter("run"),
              shown=True),
        text("command", "The command: watch, read, ...", attrgetter("command"), shown=True),
        text("source", "What it watched or read.", attrgetter("source"), shown=True),
        text("process", "Its process: boot id, pid and start, which together come once.",
             attrgetter("process")),
        column("started", Kind.TIME, "When it began.", attrgetter("started"), shown=True),
        column("written", Kind.TIME, "When it last wrote.", known("written"), shown=True),
        column("ended", Kind.TIME, "When it closed the store; not known of one that goes on or was cut off.",
               known("ended"), shown=True),
        count("rows", "Rows that it stored.", attrgetter("rows"), "rows", shown=True),
        count("lost", "Rows that it could not store.", attrgetter("lost"), "rows", shown=True),
        text("problem", "Why it stopped storing, where it did.", attrgetter("problem"), shown=True),
    ),
    key=("run",),
    moment="started",
)  # fmt: skip

LOSSES = Table(
    name="store_loss",
    doc="Rows that a run could not store.",
    columns=(
        count("run", "Number of the run.", attrgetter("run"), shown=True),
        text("kept_in", "Table that they belonged in.", attrgetter("kept_in"), shown=True),
        column("first", Kind.TIME, "When the first of them was lost.", attrgetter("first"), shown=True),
        column("last", Kind.TIME, "When the last of them was lost.", attrgetter("last"), shown=True),
        count("rows", "How many they were.", attrgetter("rows"), "rows", shown=True),
        text("reason", "Why: overflow, full, failed or unfit.", attrgetter("reason"), shown=True),
    ),
    moment="last",
)  # fmt: skip
