"""Incidents: what the flight recorder kept around something that happened."""

from __future__ import annotations

from typing import ClassVar

from procwire.tui.host import HostError
from procwire.tui.keys import Key
from procwire.tui.page import Line
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
        Key(
            keys=("F",), action="tell('freeze')", words="freeze what recorders hold just now", short="freeze"
        ),
        Key(keys=("A",), action="tell('arm')", words="have recorders record on", short="arm"),
        Key(
            keys=("X",),
            action="tell('disarm')",
            words="have recorders keep what they hold, and record nothing more",
            short="disarm",
        ),
        Key(keys=("i",), action="facts", words="what is known of the incident", short="facts"),
    )
    DOC = (
        "Recordings that were frozen around something that happened, by hand or by a finding: when, why, how "
        "much of before and after is in them, and whether they are complete. Enter opens one: its flows and "
        "packets in all screens, with its owners; q leads back here. F freezes what a running recorder "
        "holds, X has it record nothing more, and A record on."
    )
    NEEDS: ClassVar[str] = "the engine that this terminal looks at keeps no flight recorder"
    REMEDY: ClassVar[str] = (
        "a run with a recorder; procwire incident --help says whether this version has one"
    )
    ALSO: ClassVar[str] = (
        "procwire watch --write FILE keeps every packet, and procwire top FILE opens such a file here"
    )

    def open_line(self, line: Line) -> None:
        """The incident, on the same screens."""
        self.app.open_instead(str(line.values.get("id") or ""))

    def action_facts(self) -> None:
        """What is known of the incident."""
        self.app.show_values(self.table_name, self.subject())

    async def action_tell(self, order: str) -> None:
        """Tell recorders to freeze what they hold, to record nothing more, or to record on."""
        try:
            done = await self.app.ask(self.app.host.act, order, {})
        except HostError as error:
            self.app.say(f"{error}{'; ' + error.remedy if error.remedy else ''}", "warn")
            return
        self.app.say(done, "good")
        self.reload()
