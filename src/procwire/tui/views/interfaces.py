"""Interfaces: what each is, what it moves, and which of its packets are accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult

from procwire.model.columns import Column, Kind
from procwire.tui.canvas import Canvas, Ink, rule
from procwire.tui.charts import area
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.overview import per_second
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView

CHART = 6  # lines of a chart

_BLANK = Column(name="", kind=Kind.TEXT, doc="", get=lambda _: None, shown=True)
_RATES = tuple(
    msgspec.structs.replace(_BLANK, name=name, doc=doc, width=10)
    for name, doc in (("in", "Bytes a second that came in."), ("out", "Bytes a second that went out."))
)


class InterfacesView(RowsView):
    """The table ``interface``, with rates and a chart of the one under the cursor."""

    NAME = "interfaces"
    TITLE = "Interfaces"
    TABLE = "interface"
    KEY = ("name",)
    FIRST = ("name", "kind", "up", "mtu", "mac", "addresses", "capture", "description")
    ORDER = "name"
    DESCENDING = False
    RANKS: ClassVar[Mapping[str, int]] = {
        "mtu": 1,
        "capture": 2,
        "mac": 3,
        "description": 4,
    }  # rates stay whole
    DOC = (
        "The interfaces of this host or recording, with what they move and how that went in the last "
        "minutes. The chart is of the interface under the cursor. Enter shows its flows."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (FILTER_KEY, ORDER_KEY, COLUMNS_KEY)
    DEFAULT_CSS = "InterfacesView > #chart { height: 16; } InterfacesView.low > #chart { height: 9; }"

    def __init__(self) -> None:
        super().__init__()
        self.chart = Canvas(id="chart")
        self.chart.can_focus = False

    def compose(self) -> ComposeResult:
        """Rows, and a chart below."""
        yield from super().compose()
        yield self.chart

    def columns(self) -> list[Column]:
        """With the rates behind the name."""
        found = super().columns()
        return [*found[:1], *_RATES, *found[1:]] if self.app.host.live and found else found

    def want(self, **other: Any) -> Any:
        """Rates are not asked for: they are of this face."""
        asked = super().want(**other)
        return msgspec.structs.replace(
            asked, columns=tuple(n for n in asked.columns if n not in ("in", "out"))
        )

    def line(self, values: Mapping[str, Any]) -> Line:
        """An interface with its rates."""
        name = values.get("name")
        rates = {way: per_second(self.app.history.rate((name, way))) for way in ("in", "out")}
        return Line(
            key=name, values={**values, **rates}, gutter=" " if values.get("up") is not False else "x"
        )

    async def load(self) -> None:
        """See View."""
        await super().load()
        self.draw_chart()

    def on_grid_moved(self) -> None:
        """The chart is of the interface under the cursor."""
        self.draw_chart()

    def on_resize(self) -> None:
        """A lower screen has lower charts."""
        self.set_class(self.size.height < 30, "low")
        super().on_resize()

    def draw_chart(self) -> None:
        """Draw it."""
        line = self.grid.line
        width, height = self.chart.size.width, self.chart.size.height
        name = str(line.values.get("name")) if line is not None else ""
        lines: list[Ink] = []
        for way in ("in", "out"):
            rates = self.app.history.rates((name, way))
            known = [rate for rate in rates if rate is not None]
            now, most = per_second(known[-1] if known else None), per_second(max(known, default=None))
            title = f"{name} {way}: {now}, at most {most}"
            lines.append(rule(title, width, ascii_only=self.app.ascii_only))
            high = max(2, (height - 2) // 2)
            lines += [((text, way),) for text in area(rates, width, high, ascii_only=self.app.ascii_only)]
        self.chart.draw(lines)

    def open_line(self, line: Line) -> None:
        """Its flows."""
        self.app.only(f'interface == "{line.values.get("name")}"')

    def caption(self) -> Sequence[tuple[str, str]]:
        """See View."""
        return super().caption()
