"""Incidents: what the flight recorder kept around something that happened."""

from __future__ import annotations

from typing import ClassVar

from procwire.tui.host import HostError
from procwire.tui.keys import Key
from procwire.tui.views.absent import WaitingView
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY


class IncidentsView(WaitingView):
    """The table ``incident``."""

    NAME = "incidents"
    TITLE = "Incidents"
    TABLE = "incident"
    KEY = ("id",)
    ORDER = "trigger"
    EMPTY = "no incident yet: F freezes what a running watch --record holds"
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("F",), action="freeze", words="freeze what recorders hold just now", short="freeze"),
    )
    DOC = (
        "Recordings that were frozen around something that happened, by hand or by a finding: when, why, how "
        "much of before and after is in them, and whether they are complete. F freezes what a running "
        "recorder holds; procwire incident export makes a bundle of one, procwire incident open replays it."
    )
    NEEDS: ClassVar[str] = "the engine that this terminal looks at keeps no flight recorder"
    REMEDY: ClassVar[str] = (
        "a run with a recorder; procwire incident --help says whether this version has one"
    )
    ALSO: ClassVar[str] = (
        "procwire watch --write FILE keeps every packet, and procwire top FILE opens such a file here"
    )

    async def action_freeze(self) -> None:
        """Freeze what recorders hold."""
        try:
            done = await self.app.ask(self.app.host.act, "freeze", {})
        except HostError as error:
            self.app.say(f"{error}{'; ' + error.remedy if error.remedy else ''}", "warn")
            return
        self.app.say(done, "good")
        self.reload()
