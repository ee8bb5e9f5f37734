"""The program on the terminal: screens, the clock that refreshes what is seen, and what all screens share.

It is only a client. What a host answers is fetched on one thread of its own, so that a key never waits for
an answer; a screen that is not seen asks for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from procwire.model.columns import Table
from procwire.model.filter import FilterError
from procwire.tui import chrome, grouping, keys, palette, terminal
from procwire.tui.body import Body
from procwire.tui.canvas import Canvas
from procwire.tui.colourless import Colourless
from procwire.tui.filterbar import FilterBar
from procwire.tui.grid import Grid
from procwire.tui.history import History
from procwire.tui.host import Health, Host, HostError
from procwire.tui.looking import Looking
from procwire.tui.picker import Choice, Picker
from procwire.tui.registry import SCREENS
from procwire.tui.settings import Settings, save, used
from procwire.tui.turns import InTurn
from procwire.tui.view import View

EVERY = 1.0  # seconds from one look to the next
T = TypeVar("T")


class Terminal(InTurn, Colourless):
    """One app for the user and for the tests: only the host differs."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #tabs, #status, #keys { height: 1; }
    Body { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *keys.bindings(keys.GLOBAL),
        *keys.bindings(keys.TIME),
        *(Binding(entry.key, f"switch('{entry.name}')", show=False, priority=True) for entry in SCREENS),
        Binding("escape", "escape", show=False),
    ]

    def __init__(
        self,
        host: Host,
        *,
        settings: Settings | None = None,
        settings_file: Path | None = None,
        environment: Mapping[str, str] | None = None,
        every: float = EVERY,
        inline: bool = False,
    ) -> None:
        self.host = host
        self.settings = settings or Settings()
        self.settings_file = settings_file
        self.environment = environment or {}
        self.every = every
        self.begin = ("", "")  # the screen that is shown first, and what is to be said there
        self.opening = ""
        self.looking = Looking(host, inline=inline)
        self.ascii_only = self.looking.ascii_only = self.settings.ascii
        super().__init__()
        self.wear(self.settings.theme)
        self.tables = {table.name: table for table in host.tables()}
        self.said: tuple[str, str] | None = None
        self.body = Body()
        self._filtering: View | None = None
        self._looking = False
        self._wanted: dict[View, None] = {}  # screens that asked for rows
        self._fetching = False

    def compose(self) -> ComposeResult:
        """Tabs, the screen, the filter's line, status and keys."""
        yield Canvas(id="tabs")
        yield self.body
        yield FilterBar()
        yield Canvas(id="status")
        yield Canvas(id="keys")

    async def on_mount(self) -> None:
        """Begin with the first screen."""
        for name in ("tabs", "status", "keys"):
            self.query_one(f"#{name}", Canvas).can_focus = False
        await self.action_go(self.begin[0] or SCREENS[0].name)
        if self.begin[1]:
            self.say(self.begin[1], "bad")
        if self.every and (self.host.live or self.host.span is None):
            self.set_interval(self.every, self.look_again)
        self.look_again()

    async def on_unmount(self) -> None:
        """Let the thread go."""
        self.looking.close()

    # Asking the host.

    async def ask(self, call: Callable[..., T], *words: Any) -> T:
        """Call a method of the host."""
        return await self.looking.ask(call, *words)

    def look_again(self) -> None:
        """Fetch what is seen, unless that is still under way."""
        if not self._looking:
            self.run_worker(self._look(), group="look")

    async def _look(self) -> None:
        self._looking = True
        try:
            await self.looking.take_health()
            if not self.looking.paused and self.view is not None:
                await self._load(self.view)
        finally:
            self._looking = False
        self.paint()

    async def _load(self, view: View) -> None:
        try:
            await view.load()
        except HostError as error:
            if view.is_attached:
                view.refuse(error)
        except FilterError as error:
            self.say(error.message, "bad")

    def fetch(self, view: View) -> None:
        """Fetch for a screen that asked for something, at once; asked often meanwhile, only once more."""
        self._wanted[view] = None
        if not self._fetching:
            self._fetching = True
            self.run_worker(self._fetch(), group="fetch")

    async def _fetch(self) -> None:
        try:
            while self._wanted:
                view = next(iter(self._wanted))
                del self._wanted[view]
                if view.is_attached:
                    await self._load(view)
        finally:
            self._fetching = False
        self.paint()

    def table(self, name: str) -> Table | None:
        """A declared table by name."""
        return self.tables.get(name)

    @property
    def clock(self) -> int:
        """The host's time, ns."""
        return self.looking.clock

    @property
    def health(self) -> Health | None:
        """How the host was when it was last looked at."""
        return self.looking.health

    @property
    def history(self) -> History:
        """Rates of its counters."""
        return self.looking.history

    @property
    def at(self) -> int | None:
        """In a recording: the time that is shown."""
        return self.looking.at

    # Screens.

    @property
    def view(self) -> View | None:
        """The screen that is seen."""
        return self.body.view

    async def _enter(self, view: View, *, keep: bool, words: str = "") -> None:
        await self.body.enter(view, keep=keep)
        self.said = (words, "text") if words else None
        self.paint()
        self.call_after_refresh(self.fetch, view)  # once it has its size

    async def action_go(self, name: str, words: str = "") -> None:
        """Show a screen by name. ``words``: what is to be done there."""
        if (view := self.body.named(name)) is not None and len(self.screen_stack) == 1:
            self.query_one(FilterBar).close()
            await self._enter(view, keep=False, words=words)

    async def action_switch(self, name: str) -> None:
        """The same by its key: at once, so that the next key is for the new screen."""
        await self.action_go(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where something is written, a digit is a digit."""
        writing = isinstance(self.focused, Input) or len(self.screen_stack) > 1
        return not (action == "switch" and writing) and super().check_action(action, parameters)

    async def open_view(self, view: View) -> None:
        """Show a screen on top of the one that is seen; back leads here again."""
        await self._enter(view, keep=True)

    async def action_next_view(self, step: int) -> None:
        """The next screen."""
        names = [entry.name for entry in SCREENS]
        await self.action_go(names[(names.index(self.body.base) + step) % len(names)])

    async def action_back(self) -> None:
        """One step back; from a first screen: quit."""
        if not await self.body.undo():
            self.exit(0)
        self.paint()

    async def action_escape(self) -> None:
        """One step back, but never out."""
        await self.body.undo()
        self.paint()

    def only(self, text: str) -> None:
        """Flows, under this filter."""
        flows = self.body.named("flows")
        if flows is not None:
            flows.filtered(text)
            self.run_worker(self.open_view(flows))

    def action_only(self, by: str, name: str) -> None:
        """A click on a group: its flows."""
        self.only(grouping.members(by, name))

    def action_look(self, name: str) -> None:
        """A theme by name, to be kept."""
        self._look_chosen([name])

    def open_instead(self, name: str) -> None:
        """Leave the screen to an incident; whoever runs this comes back afterwards."""
        self.opening = name
        self.exit(0)

    # Time.

    def action_pause(self) -> None:
        """Hold the picture, or let it go on."""
        self.looking.hold()
        if not self.looking.paused:
            self.look_again()
        self.paint()

    def action_wind(self, steps: int) -> None:
        """In a recording: so many steps on or back."""
        if self.looking.wind(steps):
            self.look_again()
        else:
            self.say("live traffic cannot be wound back: procwire history shows what was stored", "warn")

    # What all screens share.

    def open_filter(self, view: View) -> None:
        """Write a filter for a screen."""
        table = view.table()
        if table is None:
            return
        self._filtering = view
        bar = self.query_one(FilterBar)
        offers = bar.open(table, view.filter_text, self.settings.filters, lambda: self.clock)
        self.run_worker(self._fill_offers(view, offers), group="offers", exclusive=True)

    async def _fill_offers(self, view: View, offers: Any) -> None:
        fill = getattr(view, "held", None)
        if fill is not None:
            offers.values = await fill()

    @on(FilterBar.Applied)
    def filter_applied(self, event: FilterBar.Applied) -> None:
        """The filter that was written goes to its screen."""
        if self._filtering is not None:
            used(self.settings.filters, event.text)
            self.keep_settings()
            self._filtering.filtered(event.text)
            self.body.take_keys(self._filtering)

    @on(FilterBar.Left)
    def filter_left(self) -> None:
        """Nothing was written."""
        if self._filtering is not None:
            self.body.take_keys(self._filtering)

    def say(self, words: str, role: str = "text") -> None:
        """A line of status until the next key that matters."""
        self.said = (words, role)
        self.paint()
        self.set_timer(6, self._unsay)

    def _unsay(self) -> None:
        self.said = None
        self.paint()

    def keep_settings(self) -> None:
        """Write what is to be remembered."""
        trouble = save(self.settings, self.settings_file)
        if trouble:
            self.say(trouble, "warn")

    def copy_text(self, text: str) -> None:
        """To the clipboard of the terminal, over SSH too."""
        sequence = terminal.copied(text, self.environment)
        if sequence and self._driver is not None:
            self._driver.write(sequence)
        self.say(*terminal.words_on(text, sequence))

    def copy_values(self, values: Mapping[str, Any]) -> None:
        """A row as JSON, to the clipboard."""
        self.copy_text(msgspec.json.encode(dict(values), enc_hook=str).decode())

    def show_values(self, table: str, values: Mapping[str, Any]) -> None:
        """Everything that a row says, with what each column means."""
        from procwire.tui.views.sheet import SheetView

        self.run_worker(self.open_view(SheetView(table, values)))

    def wear(self, name: str) -> None:
        """A theme; one that is not known is the usual one."""
        self.look = look = name if name in palette.PALETTES else palette.DARK
        self.roles, self.theme = palette.PALETTES[look], palette.TEXTUAL[look]

    def refresh_everything(self) -> None:
        """Draw it all anew."""
        for widget in self.screen.walk_children():
            widget.refresh()
        self.paint()

    def action_redraw(self) -> None:
        """Draw it all anew."""
        self.refresh(repaint=True, layout=True)
        self.refresh_everything()

    def action_theme(self) -> None:
        """Choose colours."""
        choices = [Choice(value=name, name=name, words=palette.DOCS[name]) for name in palette.NAMES]
        self.push_screen(Picker("colours", choices, chosen=[self.look]), self._look_chosen)

    def _look_chosen(self, names: list[str] | None) -> None:
        if names:
            self.wear(names[0])
            self.refresh_everything()
            self.settings.theme = names[0]
            self.keep_settings()

    def action_help(self) -> None:
        """What this screen shows, and what its keys do."""
        from procwire.tui.help import Help

        if self.view is not None:
            self.push_screen(Help(self.view))

    def action_palette(self) -> None:
        """All commands by name."""
        from procwire.tui.commands import commands

        if self.view is not None:
            offered = commands(self.view)
            self.push_screen(Picker("commands", [each for each, _ in offered]), self._run_command)

    async def _run_command(self, values: list[str] | None) -> None:
        if values and self.view is not None:
            place, _, action = values[0].partition(" ")
            target = self.view.target() if place == "target" else self.view if place == "view" else self
            await self.run_action(action, default_namespace=target or self)

    # Drawing what is around a screen.

    def on_resize(self) -> None:
        """Another size."""
        self.call_after_refresh(self.paint)

    def paint(self) -> None:
        """Tabs, status and keys, where they changed."""
        if not self.is_running or self.view is None:
            return
        width = self.size.width
        moving = keys.of(isinstance(self.view.target(), Grid), timed=self.host.span is not None)
        shown = [*self.view.KEYS, *moving, *keys.GLOBAL]
        for place, line in (
            ("#tabs", chrome.tabs([each.told for each in SCREENS], self.body.base, width)),
            ("#status", self.looking.status(self.said, width)),
            ("#keys", chrome.below(self.said, keys.clickable(shown), width)),
        ):
            self.screen_stack[0].query_one(place, Canvas).draw([line])

    def action_press(self, key: str) -> None:
        """A click on a key in the line of keys."""
        self.simulate_key(key)
