"""Findings: what detectors and rules found, with evidence; acknowledged or suppressed where the host can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from procwire.tui.cells import SEVERITY
from procwire.tui.host import HostError
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView


class FindingsView(RowsView):
    """The table ``finding``."""

    NAME = "findings"
    TITLE = "Findings"
    TABLE = "finding"
    KEY = ("time", "detector", "source", "target", "port")
    WITH = ("flows", "title", "pid", "complete")
    ORDER = "time"
    EMPTY = "nothing was found"
    DOC = (
        "What detectors and rules found: facts with their evidence, no verdicts. Enter says all of it, E "
        "shows the flows that it rests on. One that is degraded could not look at everything."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("E",), action="evidence", words="the flows that the finding rests on", short="evidence"),
        Key(keys=("A",), action="act('acknowledge')", words="acknowledge the finding", short="acknowledge"),
        Key(keys=("S",), action="act('suppress')", words="suppress findings like it", short="suppress"),
    )

    def line(self, values: Mapping[str, Any]) -> Line:
        """A finding with a sign where it is grave."""
        grave = SEVERITY.get(str(values.get("severity"))) == "bad"
        key = tuple(values.get(name) for name in self.KEY)
        return Line(key=key, values=values, gutter="!" if grave else " ")

    def action_evidence(self) -> None:
        """The flows of the finding."""
        flows = self.subject().get("flows") or ()
        if not flows:
            self.app.say("this finding names no flows", "warn")
            return
        self.app.only("flow_id in {" + ", ".join(f'"{each}"' for each in flows) + "}")

    async def action_act(self, order: str) -> None:
        """Acknowledge or suppress."""
        if self.grid.line is None:
            return
        try:
            done = await self.app.ask(self.app.host.act, order, self.subject())
        except HostError as error:
            self.app.say(f"{error}{'; ' + error.remedy if error.remedy else ''}", "warn")
            return
        self.app.say(done, "good")
        self.reload()
