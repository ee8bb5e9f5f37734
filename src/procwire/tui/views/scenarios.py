"""Scenarios: networks that change, each drawn as a timeline, run and steered from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.tui.canvas import Canvas, Ink, rule
from procwire.tui.charts import bar
from procwire.tui.host import HostError
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.rows import COLUMNS_KEY, RowsView

SIGNS = {"running": ">", "paused": "=", "wrong": "x"}


class ScenariosView(RowsView):
    """The table ``scenario``; below it the timeline of the one under the cursor."""

    NAME = "scenarios"
    TITLE = "Scenarios"
    TABLE = "scenario"
    KEY = ("name", "path")
    WITH = ("name", "path", "state", "elapsed", "length", "steps", "detail")
    ORDER = ""
    EMPTY = (
        "no scenario is in the usual directories (~/.config/procwire/scenarios, /etc/procwire/scenarios)\n"
        "and none runs; docs/scenarios.md says how one is written"
    )
    DOC = (
        "Scenarios of the usual directories, and those that run: what a target's network does, for how long. "
        "R runs the one under the cursor in a process beside this terminal, P pauses it or lets it go on, X "
        "ends it; at its end everything is as it was. A target can be given where its tracks name none."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("R",), action="play", words="run the scenario", short="run"),
        Key(keys=("P",), action="pause_it", words="pause it, or let it go on", short="pause it"),
        Key(keys=("X",), action="steer('stop')", words="end it, and put everything back", short="end it"),
        COLUMNS_KEY,
    )
    DEFAULT_CSS = "ScenariosView > #timeline { height: 60%; }"

    def __init__(self) -> None:
        super().__init__()
        self.timeline = Canvas(id="timeline")
        self.timeline.can_focus = False
        self.drawn: dict[str, list[str]] = {}  # path -> its timeline

    def compose(self) -> ComposeResult:
        """Rows, and a timeline."""
        yield from super().compose()
        yield self.timeline

    def line(self, values: Mapping[str, Any]) -> Line:
        """A scenario with its sign."""
        sign = SIGNS.get(str(values.get("state")), " ")
        role = "warn" if sign == "x" else "good" if sign == ">" else ""
        return Line(key=(values.get("name"), values.get("path")), values=values, gutter=sign, role=role)

    async def load(self) -> None:
        """See View."""
        await super().load()
        await self._draw()

    def on_grid_moved(self) -> None:
        """Another one is under the cursor."""
        self.app.run_worker(self._draw(), group="timeline", exclusive=True)

    async def _draw(self) -> None:
        row = self.subject()
        path = str(row.get("path") or "")
        if not row:
            self.timeline.draw([])
            return
        if path and path not in self.drawn and row.get("state") != "wrong":
            try:
                self.drawn[path] = (await self.app.ask(self.app.host.act, "timeline", row)).splitlines()
            except HostError as error:
                self.drawn[path] = str(error).splitlines()
        self.timeline.draw(self._lines(row, self.drawn.get(path, [])))

    def _lines(self, row: Mapping[str, Any], drawn: list[str]) -> list[Ink]:
        width, plain = self.timeline.size.width, self.app.ascii_only
        lines: list[Ink] = [rule(str(row.get("name")), width, ascii_only=plain)]
        if row.get("detail"):
            return [*lines, ((f" {row['detail']}", "bad"),)]
        elapsed, length = row.get("elapsed"), row.get("length")
        if elapsed is not None and length:
            share = elapsed % length / length
            here = f"{elapsed / 1e9:.0f} s of {length / 1e9:.0f} s "
            lines.append(((f" {row.get('state')} ", "good"), (here, "title"),
                          (bar(share, 40, ascii_only=plain), "chart")))  # fmt: skip
        lines += [((f" {step}", "accent"),) for step in row.get("steps") or ()]
        return [*lines, *(((f" {text}", "text"),) for text in drawn)]

    def open_line(self, line: Line) -> None:
        """Enter runs nothing by accident: it shows everything that is known."""
        self.app.show_values(self.table_name, line.values)

    async def action_play(self) -> None:
        """Run it."""
        await self._order("play", self.subject())

    async def action_pause_it(self) -> None:
        """Pause, or go on."""
        await self.action_steer("resume" if self.subject().get("state") == "paused" else "pause")

    async def action_steer(self, order: str) -> None:
        """Pause, go on, or end."""
        await self._order("steer", {"order": order, "name": self.subject().get("name")})

    async def _order(self, order: str, subject: Mapping[str, Any]) -> None:
        if not self.subject():
            self.app.say("no scenario is under the cursor", "warn")
            return
        try:
            done = await self.app.ask(self.app.host.act, order, subject)
        except HostError as error:
            self.app.say(f"{error}{'; ' + error.remedy if error.remedy else ''}", "bad")
            return
        self.app.say(done.replace("\n", "; "), "good")
        self.reload()

    def counted(self) -> str:
        """How many there are."""
        return f"{self.total:,} {'scenario' if self.total == 1 else 'scenarios'}"
