"""Making a network bad on purpose, with sliders: below them stands the command that does the same."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from procwire.tui import sliding
from procwire.tui.canvas import Canvas, Ink, rule
from procwire.tui.cells import fit
from procwire.tui.host import HostError, Want
from procwire.tui.keys import Key
from procwire.tui.picker import Choice, Picker
from procwire.tui.sliding import SLIDERS
from procwire.tui.view import View

TARGET, PRESET = "target", "preset"
ROWS = (TARGET, PRESET, *(slider.name for slider in SLIDERS))
TRACK = 24  # cells of a slider
MOST = 500  # targets that are offered
CONFIRM = "1m"  # who shapes the network that they sit behind must be able to come back


class Fields(Canvas):
    """The lines of the form; moving about goes from one to the next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "slide(-1)", show=False),
        Binding("l,right", "slide(1)", show=False),
    ]

    def action_move(self, lines: int) -> None:
        """The next field."""
        form = self.parent
        if isinstance(form, ShapeForm):
            form.step(lines)

    def action_slide(self, steps: int) -> None:
        """Less or more."""
        form = self.parent
        if isinstance(form, ShapeForm):
            form.slide(steps)

    def on_click(self, event: events.Click) -> None:
        """On a line: it; on its slider: that place."""
        form = self.parent
        if isinstance(form, ShapeForm):
            form.clicked(self.top + event.y, event.x)


class ShapeForm(View):
    """``values``: of an impairment that is changed."""

    NAME = "shape"
    TITLE = "Shape"
    DOC = (
        "What a target's network is to be like. h and l slide, enter types a value of your own, p takes a "
        "network that has a name. d shows what would be done to the kernel, a does it: as the command that "
        "stands below does. Everything has a lease, and with confirm it is undone unless you keep it: C on "
        "the shaping screen."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("a",), action="apply", words="do it", short="apply"),
        Key(keys=("enter",), action="type", words="type the value of the field", short="type"),
        Key(keys=("p",), action="presets", words="a network that has a name", short="preset"),
        Key(keys=("d",), action="plan", words="what would be done, without doing it", short="dry run"),
        Key(keys=("x",), action="off", words="without this field"),
        Key(keys=("y",), action="copy", words="copy the command", short="copy"),
    )
    DEFAULT_CSS = """
    ShapeForm > Input, ShapeForm > Input:focus { border: none; height: 1; padding: 0 1; display: none; }
    ShapeForm > Input.open { display: block; }
    """

    def __init__(self, target: str = "", asked: Sequence[str] = (), *, change: bool = False) -> None:
        super().__init__()
        self.target_name = target
        self.preset = ""
        self.values, self.more = sliding.read_back(asked)
        if not change:
            self.values["confirm"] = CONFIRM
        self.change = change
        self.place = 0 if not target else 2
        self.said: list[tuple[str, str]] = []
        self.fields = Fields()
        self.line = Input()

    def compose(self) -> ComposeResult:
        """The fields, and a line to type in."""
        yield self.fields
        yield self.line

    def target(self) -> Canvas:
        """See View."""
        return self.fields

    async def load(self) -> None:
        """See View."""
        self.paint()

    def subject(self) -> dict[str, Any]:
        """See View."""
        return {"words": self.words()}

    def words(self) -> list[str]:
        """What the command is given."""
        return sliding.words(self.target_name, self.preset, self.values, self.more)

    # The fields.

    @property
    def field(self) -> str:
        """The one under the cursor."""
        return ROWS[self.place]

    def step(self, lines: int) -> None:
        """The next field."""
        self.place = max(0, min(len(ROWS) - 1, self.place + lines))
        self.paint()

    def slide(self, steps: int) -> None:
        """Less or more of it."""
        slider = sliding.BY_NAME.get(self.field)
        if slider is not None:
            self.put(sliding.slid(slider, self.values.get(slider.name, sliding.OFF), steps))

    def put(self, value: str) -> None:
        """A value for the field under the cursor."""
        if self.field == TARGET:
            self.target_name = value
        elif self.field == PRESET:
            self.preset = value
        else:
            self.values[self.field] = value
        self.said = []
        self.paint()

    def clicked(self, row: int, x: int) -> None:
        """A click on a line."""
        place = row - 2
        if not 0 <= place < len(ROWS):
            return
        self.place = place
        slider = sliding.BY_NAME.get(self.field)
        at = x - START
        if slider is not None and 0 <= at < TRACK:
            self.put(slider.stops[round(at / (TRACK - 1) * (len(slider.stops) - 1))])
        self.paint()

    def action_off(self) -> None:
        """Without this field."""
        self.put(sliding.OFF)

    def action_type(self) -> None:
        """Type a value; of the target, choose among those that there are first."""
        if self.field == PRESET:
            self.action_presets()
        elif self.field == TARGET and not self.target_name:
            self.app.run_worker(self._offer_targets(), group="targets", exclusive=True)
        else:
            self._write()

    def _write(self) -> None:
        self.line.add_class("open")
        self.line.placeholder = f"{self.field}: enter takes it, esc leaves it"
        self.line.value = self.target_name if self.field == TARGET else self.values.get(self.field, "")
        self.line.focus()

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        event.stop()
        value = event.value.strip()
        self._close()
        self.put(value)

    def _close(self) -> None:
        self.line.remove_class("open")
        self.fields.focus()

    def back(self) -> bool:
        """See View: the line goes first."""
        if not self.line.has_class("open"):
            return False
        self._close()
        return True

    async def _offer_targets(self) -> None:
        choices = []
        for table, column, lead, doc in (
            ("interface", "name", "", "interface"),
            ("process", "container", "container:", "container"),
            ("process", "unit", "unit:", "unit"),
        ):
            known = [f"{lead}{value}" for value in await self._known(table, column)]
            choices += [Choice(value=value, name=value, words=doc) for value in known]
        choices.append(Choice(value="", name="another: type it",
                              words="namespace:NAME[/IFACE], process:PID, cgroup:/PATH"))  # fmt: skip
        self.app.push_screen(Picker("whose network", choices), self._target_chosen)

    async def _known(self, table: str, name: str) -> list[str]:
        if name not in {column.name for column in self.app.table(table) or ()}:
            return []
        try:
            rows = await self.app.ask(self.app.host.rows, Want(table=table, columns=(name,), limit=10_000))
        except HostError:
            return []
        return sorted({str(row[0]) for row in rows.rows if row[0]})[:MOST]

    def _target_chosen(self, names: list[str] | None) -> None:
        if names and names[0]:
            self.put(names[0])
        elif names:
            self._write()

    def action_presets(self) -> None:
        """Choose a network that has a name."""
        self.app.run_worker(self._offer_presets(), group="targets", exclusive=True)

    async def _offer_presets(self) -> None:
        try:
            found = await preset_choices(self)
        except HostError as error:
            self.tell(str(error), "warn")
            return
        self.app.push_screen(
            Picker("networks that have names", found, chosen=[self.preset]), self._preset_chosen
        )

    def _preset_chosen(self, names: list[str] | None) -> None:
        if names:
            self.place = ROWS.index(PRESET)
            self.put(names[0])

    # Doing it.

    def tell(self, words: str, role: str) -> None:
        """What came of it, below the fields."""
        self.said = [(line, role) for line in words.splitlines()]
        self.paint()

    async def action_plan(self) -> None:
        """What would be done."""
        await self._order("planned")

    async def action_apply(self) -> None:
        """Do it, and go back to what is shaped."""
        if await self._order("shape"):
            said = "; ".join(text.strip() for text, _ in self.said)
            await self.app.action_escape()
            self.app.say(said, "good")

    async def _order(self, order: str) -> bool:
        if not self.target_name:
            self.tell("whose network? enter on the first line", "warn")
            return False
        try:
            done = await self.app.ask(self.app.host.act, order, self.subject())
        except HostError as error:
            self.tell(f"{error}\n{error.remedy}".rstrip(), "bad")
            return False
        self.tell(done, "text")
        return True

    def action_copy(self) -> None:
        """The command, to the clipboard."""
        self.app.copy_text(self.command())

    def command(self) -> str:
        """The command that does the same."""
        return "procwire shape set " + (shlex.join(self.words()) if self.target_name else "TARGET ...")

    def paint(self) -> None:
        """Draw it."""
        width = self.fields.size.width
        ascii_only = self.app.ascii_only
        title = "change what is shaped" if self.change else "make a network bad on purpose"
        lines: list[Ink] = [rule(title, width, ascii_only=ascii_only), ()]
        for number, name in enumerate(ROWS):
            lines.append(self._row(name, width, under=number == self.place))
        doc = sliding.BY_NAME[self.field].doc if self.field in sliding.BY_NAME else DOCS[self.field]
        lines += [(), ((f" {doc}", "dim"),), ((f" {self.command()}", "accent"),), ()]
        for text, role in self.said:
            lines += [((f" {part}", role),) for part in broken(text, width - 2)]
        self.fields.draw(lines)

    def _row(self, name: str, width: int, *, under: bool) -> Ink:
        slider = sliding.BY_NAME.get(name)
        title = slider.title if slider is not None else name
        mark = (">" if self.app.ascii_only else "▶") if under else " "
        head = (fit(f" {mark} {title}", START - 1) + " ", "cursor" if under else "text")
        if slider is None:
            value = self.target_name if name == TARGET else self.preset
            return (head, (fit(value or "-", max(10, width - START)), "title" if value else "dim"))
        value = self.values.get(name, sliding.OFF)
        drawn = sliding.track(sliding.place(slider, value), TRACK, ascii_only=self.app.ascii_only)
        return (
            head,
            (drawn, "chart" if value else "dim"),
            (f"  {value or 'off'}", "title" if value else "dim"),
        )


def broken(text: str, width: int) -> list[str]:
    """A line in as many as it needs; those after the first are indented."""
    lead = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text, max(20, width), subsequent_indent=f"{lead}  ", drop_whitespace=True) or [""]


START = 19  # cells before a slider
DOCS = {
    TARGET: "an interface, or container:NAME, unit:NAME, process:PID, namespace:NAME[/IFACE], cgroup:/PATH",
    PRESET: "a network that has a name; what a slider says goes before",
}


async def preset_choices(view: View) -> list[Choice]:
    """Networks that have names, to choose from. Raises HostError where there are none."""
    if view.app.table("preset") is None:
        raise HostError("this host tells of no presets")
    want = Want(table="preset", columns=("name", "title", "words", "basis"), limit=10_000)
    rows = await view.app.ask(view.app.host.rows, want)
    return [
        Choice(value=name, name=name, words=f"{title}: {' '.join(words or ())} ({basis})")
        for name, title, words, basis in rows.rows
    ]


def as_row(row: Mapping[str, Any]) -> ShapeForm:
    """A form that changes an impairment."""
    return ShapeForm(str(row.get("target") or ""), tuple(row.get("asked") or ()), change=True)
