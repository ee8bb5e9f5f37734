"""Shaping: what is made slow, lossy or late on purpose, changed from here, and what it really came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.model.values import human_duration
from procwire.tui.canvas import Canvas, Ink, rule
from procwire.tui.cells import fit
from procwire.tui.charts import spark
from procwire.tui.history import History
from procwire.tui.host import HostError, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.absent import WaitingView
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY
from procwire.tui.views.shape_form import ShapeForm, as_row

FLOWS = ("impairment", "smoothed_rtt", "rtt", "smoothed_rtt_before", "retransmissions", "packets")
MAX_FLOWS = 1000  # looked at for what a network really does
NAME = 16


class ShapingView(WaitingView):
    """The table ``shaping``; below it what was asked for against what was measured."""

    NAME = "shaping"
    TITLE = "Shaping"
    TABLE = "shaping"
    KEY = ("id", "interface")
    WITH = ("id", "target", "asked", "bytes", "notes", "packets", "dropped")
    EMPTY = "nothing is shaped: s makes a network bad on purpose, S runs a scenario"
    DOC = (
        "Interfaces, processes and containers whose network is made worse on purpose: delay, loss, rate, as "
        "configured and as measured, and how long that still lasts. s shapes something, enter changes what "
        "is under the cursor, x puts it back, C keeps what waits to be confirmed, S shows scenarios."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("s",), action="shape", words="make a network bad on purpose", short="shape"),
        Key(keys=("x",), action="command('clear')", words="put back what was changed", short="put back"),
        Key(
            keys=("C",), action="command('confirm')", words="keep what waits to be confirmed", short="confirm"
        ),
        Key(keys=("S",), action="scenarios", words="networks that change: scenarios", short="scenarios"),
        Key(keys=("e",), action="flows", words="the flows that are shaped", short="flows"),
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
    )
    NEEDS: ClassVar[str] = "the engine that this terminal looks at tells of no shaping"
    REMEDY: ClassVar[str] = "a daemon that shapes (procwire daemon as root), or procwire shape on this host"
    ALSO: ClassVar[str] = "procwire doctor says whether this kernel has the queueing disciplines for it"
    DEFAULT_CSS = "ShapingView > #measured { height: 8; }"

    def __init__(self) -> None:
        super().__init__()
        self.measured = Canvas(id="measured")
        self.measured.can_focus = False
        self.rates = History()
        self.lived: list[dict[str, Any]] = []

    def compose(self) -> ComposeResult:
        """Rows, and what they came to."""
        yield from super().compose()
        yield self.measured

    async def load(self) -> None:
        """See View."""
        self.measured.display = self.table() is not None
        await super().load()
        lines = list(self.grid.page.lines)
        self.rates.feed(self.app.clock, {line.key: int(line.values.get("bytes") or 0) for line in lines})
        self.lived = await self._flows() if lines else []
        self.paint_measured()

    async def _flows(self) -> list[dict[str, Any]]:
        known = {column.name for column in self.app.table("flow") or ()}
        names = tuple(name for name in FLOWS if name in known)
        if "impairment" not in names:
            return []
        want = Want(table="flow", columns=names, order="last", descending=True, limit=MAX_FLOWS)
        try:
            rows = await self.app.ask(self.app.host.rows, want)
        except HostError:
            return []
        found = [dict(zip(names, row, strict=True)) for row in rows.rows]
        return [row for row in found if row["impairment"]]

    def on_grid_moved(self) -> None:
        """Another one is under the cursor."""
        self.paint_measured()

    def paint_measured(self) -> None:
        """Draw what it came to."""
        line, width, plain = self.grid.line, self.measured.size.width, self.app.ascii_only
        if line is None:
            self.measured.draw([])
            return
        row = line.values
        mine = [each for each in self.lived if str(each["impairment"]).startswith(f"{row.get('target')} ")]
        rates = self.rates.rates(line.key)
        title = f"{row.get('interface')}: asked for and measured"
        lines: list[Ink] = [rule(title, width, ascii_only=plain)]
        lines += compared(row, mine, rates)
        lines.append(((f" {spark(rates, max(10, width - 2), ascii_only=plain)}", "chart"),))
        lines += [((fit(f" {note}", width), "dim"),) for note in row.get("notes") or ()]
        self.measured.draw(lines)

    def open_line(self, line: Line) -> None:
        """Change it."""
        self.app.run_worker(self.app.open_view(as_row(line.values)))

    async def action_shape(self) -> None:
        """Make a network bad."""
        if self.table() is None:
            self.app.say(self.NEEDS, "warn")
            return
        await self.app.open_view(ShapeForm())

    async def action_command(self, order: str) -> None:
        """Put back, or keep."""
        row = self.subject()
        if not row.get("id"):
            self.app.say("nothing is under the cursor", "warn")
            return
        try:
            done = await self.app.ask(self.app.host.act, order, {"id": row["id"]})
        except HostError as error:
            self.app.say(f"{error}{'; ' + error.remedy if error.remedy else ''}", "bad")
            return
        self.app.say(done.replace("\n", "; "), "good")
        self.reload()

    async def action_scenarios(self) -> None:
        """Scenarios."""
        from procwire.tui.views.scenarios import ScenariosView

        await self.app.open_view(ScenariosView())

    def action_flows(self) -> None:
        """The flows that it touches."""
        target = self.subject().get("target")
        if target:
            self.app.only(f'impairment ~ "^{target} "')

    def counted(self) -> str:
        """How many there are."""
        return f"{self.total:,} {'impairment' if self.total == 1 else 'impairments'}"


def compared(
    row: Mapping[str, Any], flows: Sequence[Mapping[str, Any]], rates: Sequence[float | None]
) -> list[Ink]:
    """What was asked of one side of an interface, against what is measured there and in its flows."""
    side = str(row.get("interface") or "").rpartition(" ")[2]
    asked = dict(item.partition("=")[::2] for item in row.get("asked") or ())
    mine = {name.partition(".")[2]: value for name, value in asked.items() if name.startswith(f"{side}.")}
    known = [rate for rate in rates if rate is not None]
    last, most = (known[-1], max(known)) if known else (0.0, 0.0)
    rate = f"{_in_bits(last)}, at most {_in_bits(most)}" if known else "not yet"
    packets, dropped = row.get("packets") or 0, row.get("dropped") or 0
    all_of = packets + dropped
    loss = f"{dropped / all_of:.2%}: {dropped:,} of {all_of:,} packets" if all_of else "no packet yet"
    lines = [
        _against("rate", _bits(mine.get("rate", "none")), rate),
        _against("loss", mine.get("loss", "none"), loss),
        _against("delay", mine.get("delay", "none"), _trips(flows)),
    ]
    rest = " ".join(
        f"{name}={value}" for name, value in mine.items() if name not in ("rate", "loss", "delay")
    )
    return [*lines, ((f" {fit('also', NAME)}{rest}", "dim"),)] if rest else list(lines)


def _against(name: str, asked: str, found: str) -> Ink:
    return (
        (f" {fit(name, NAME)}", "title"),
        (f"asked for {fit(asked, 14)}", "accent"),
        (f" {found}", "text"),
    )


def _bits(text: str) -> str:
    return f"{text.removesuffix('bit')}bit/s" if text.endswith("bit") else text


def _in_bits(rate: float) -> str:
    return f"{rate * 8 / 1e6:.2f} Mbit/s"


def _trips(flows: Sequence[Mapping[str, Any]]) -> str:
    """The round trips of the flows that it touches, and those before."""
    now = [row.get("smoothed_rtt") or row.get("rtt") for row in flows]
    trips = [trip for trip in now if trip]
    if not trips:
        return "no round trip was seen yet"
    before = [row["smoothed_rtt_before"] for row in flows if row.get("smoothed_rtt_before")]
    words = f"round trip {human_duration(round(median(trips)))} in the middle of {len(trips):,} flows"
    return f"{words}; before {human_duration(round(median(before)))}" if before else words
