"""Incidents: what the flight recorder kept around something that happened."""

from __future__ import annotations

from typing import ClassVar

from procwire.tui.views.absent import WaitingView


class IncidentsView(WaitingView):
    """The table ``incident``."""

    NAME = "incidents"
    TITLE = "Incidents"
    TABLE = "incident"
    ORDER = "time"
    DOC = (
        "Recordings that were frozen around something that happened, by hand or by a finding: when, why, how "
        "much of before and after is in them, and whether they are complete."
    )
    NEEDS: ClassVar[str] = "the engine that this terminal looks at keeps no flight recorder"
    REMEDY: ClassVar[str] = (
        "a run with a recorder; procwire incident --help says whether this version has one"
    )
    ALSO: ClassVar[str] = (
        "procwire watch --write FILE keeps every packet, and procwire top FILE opens such a file here"
    )
