"""Findings: what detectors and rules found, with evidence; acknowledged or suppressed where the host can."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from procwire.tui.cells import SEVERITY
from procwire.tui.host import HostError, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView

SAME = ("detector", "exe", "process", "source", "container", "target", "port", "title")
DEALT = {"acknowledged": "a", "suppressed": "s"}
MAX_ALERTS = 2000


def same(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What findings have in common whose alert is one: rule, program or address, whom, what."""
    who = row.get("exe") or row.get("process") or row.get("source")
    return (who, *(row.get(name) or None for name in ("detector", "container", "target", "port", "title")))


class FindingsView(RowsView):
    """The table ``finding``."""

    NAME = "findings"
    TITLE = "Findings"
    TABLE = "finding"
    KEY = ("time", "detector", "source", "target", "port")
    WITH = ("flows", "title", "pid", "complete", "exe", "process", "container")
    ORDER = "time"
    EMPTY = "nothing was found"
    DOC = (
        "What detectors and rules found: facts with their evidence, no verdicts. Enter says all of it, E "
        "shows the flows that it rests on, A acknowledges its alert, S suppresses it and all like it; a and "
        "s at the left mark those. One that is degraded could not look at everything."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("E",), action="evidence", words="the flows that the finding rests on", short="evidence"),
        Key(keys=("A",), action="act('acknowledge')", words="acknowledge the finding", short="acknowledge"),
        Key(keys=("S",), action="act('suppress')", words="suppress findings like it", short="suppress"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.states: dict[tuple[Any, ...], str] = {}  # what became of the alerts, by what they have in common

    async def load(self) -> None:
        """See View: with what became of their alerts."""
        self.states = await self._states()
        await super().load()

    async def _states(self) -> dict[tuple[Any, ...], str]:
        if self.app.table("alert") is None:
            return {}
        want = Want(table="alert", columns=(*SAME, "state"), limit=MAX_ALERTS)
        try:
            rows = await self.app.ask(self.app.host.rows, want)
        except HostError:
            return {}
        return {same(dict(zip(want.columns, row, strict=True))): str(row[-1]) for row in reversed(rows.rows)}

    def line(self, values: Mapping[str, Any]) -> Line:
        """A finding with a sign where it is grave, or where somebody has dealt with it."""
        grave = SEVERITY.get(str(values.get("severity"))) == "bad"
        key = tuple(values.get(name) for name in self.KEY)
        state = self.states.get(same(values), "")
        sign = DEALT.get(state, "!" if grave else " ")
        return Line(key=key, values=values, gutter=sign, role="dim" if state in DEALT else "")

    def caption(self) -> Sequence[tuple[str, str]]:
        """See View: with what became of them."""
        counts = Counter(state for state in self.states.values() if state in DEALT)
        said = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        return [*super().caption(), *([(f"  alerts: {said}", "dim")] if said else [])]

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
