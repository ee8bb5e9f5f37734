"""What is taken over from ProcMonD, the ancestor: its history as a table, and what became of its settings."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, text, truth
from procwire.model.getters import known


class InheritedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of INHERITED. Empty text, 0 and None stand for "not known"."""

    time: int = 0
    pid: int = 0
    ppid: int = 0
    name: str = ""
    exe: str = ""
    digest: str = ""
    valid: bool | None = None
    accessible: bool | None = None
    there: bool | None = None


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of SETTINGS."""

    setting: str
    became: str = ""
    reason: str = ""


INHERITED = Table(
    name="procmond_process",
    doc="A process that ProcMonD had seen, from its database (procwire import).",
    columns=(
        column("time", Kind.TIME, "When ProcMonD had last seen it.", known("time"), shown=True),
        count("pid", "Its process id.", known("pid"), shown=True),
        count("ppid", "Process id of its parent.", known("ppid")),
        text("process", "Its name.", lambda row: row.name or None, shown=True),
        text("exe", "Path of its program.", lambda row: row.exe or None, shown=True),
        text(
            "exe_hash",
            "Hash of its program, as ProcMonD kept it.",
            lambda row: row.digest or None,
            shown=True,
        ),
        truth("exe_valid", "Whether ProcMonD took its program for valid.", attrgetter("valid"), shown=True),
        truth("exe_accessible", "Whether its program could be read.", attrgetter("accessible")),
        truth("exe_there", "Whether its program was there.", attrgetter("there")),
    ),
    moment="time",
)

SETTINGS = Table(
    name="setting_import",
    doc="What became of a setting of ProcMonD's.",
    columns=(
        text("setting", "The setting, with its section.", attrgetter("setting"), shown=True),
        text("became", "What it is here; not known where there is nothing like it.",
             lambda row: row.became or None, shown=True),
        text("reason", "Why there is nothing like it, or what is to be done by hand.",
             lambda row: row.reason or None, shown=True),
    ),
)  # fmt: skip
