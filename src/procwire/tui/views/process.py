"""One process: what it is, what it moves, its sockets, and whom it talks to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.model.columns import Table
from procwire.model.values import human_size
from procwire.tui.canvas import Canvas, Ink, rule
from procwire.tui.cells import fit, words
from procwire.tui.charts import area
from procwire.tui.history import History
from procwire.tui.host import HostError, Want
from procwire.tui.keys import Key
from procwire.tui.view import View, refusal
from procwire.tui.views.overview import per_second
from procwire.tui.views.sheet import sheet

MAX_LISTED = 100
FLOWS = ("app", "dst", "dst_port", "server_name", "state", "bytes_out", "bytes_in", "src", "src_port",
         "direction", "app_confidence")  # fmt: skip
SOCKETS = ("proto", "state", "src", "src_port", "dst", "dst_port")


class ProcessView(View):
    """Facts, a chart, sockets and destinations of one process."""

    NAME = "process"
    TITLE = "Process"
    DOC = (
        "One process: how much it moves and moved in the last minutes, whom it talks to, which sockets it "
        "has, and all that is known of its program. e shows its flows as a table."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("e", "enter"), action="flows", words="its flows as a table", short="flows"),
        Key(keys=("Y",), action="copy", words="copy the process as JSON", short="copy"),
    )

    def __init__(self, values: Mapping[str, Any], rates: History) -> None:
        super().__init__()
        self.values = dict(values)
        self.pid = values.get("pid")
        self.rates = rates
        self.canvas = Canvas()

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        yield self.canvas

    def target(self) -> Canvas:
        """See View."""
        return self.canvas

    def subject(self) -> dict[str, Any]:
        """See View."""
        return self.values

    async def load(self) -> None:
        """See View."""
        table = self.app.table("process")
        whole = await self._rows("process", tuple(column.name for column in table or ()), limit=1)
        if whole:
            self.values |= {name: value for name, value in whole[0].items() if value is not None}
        flows = await self._rows("flow", FLOWS, order="bytes", limit=MAX_LISTED)
        sockets = await self._rows("socket", SOCKETS, limit=MAX_LISTED)
        moved = sum((row.get("bytes_out") or 0) + (row.get("bytes_in") or 0) for row in flows)
        self.rates.feed(self.app.clock, {self.pid: moved})
        self._paint(table, flows, sockets, gone=not whole)

    async def _rows(self, name: str, columns: tuple[str, ...], **more: Any) -> list[dict[str, Any]]:
        table = self.app.table(name)
        known = {column.name for column in table or ()}
        if table is None:
            return []
        names = tuple(column for column in columns if column in known)
        want = Want(table=name, columns=names, filter=f"pid == {self.pid}", descending=True, **more)
        try:
            rows = await self.app.ask(self.app.host.rows, want)
        except HostError:
            return []
        return [dict(zip(names, row, strict=True)) for row in rows.rows]

    def refuse(self, error: HostError) -> None:
        """See View."""
        self.canvas.draw([((line, "dim"),) for line in refusal(error).splitlines()])

    def _paint(
        self,
        table: Table | None,
        flows: Sequence[Mapping[str, Any]],
        sockets: Sequence[Mapping[str, Any]],
        *,
        gone: bool,
    ) -> None:
        width, plain = self.canvas.size.width, self.app.ascii_only
        values = self.values
        rate = self.rates.rates(self.pid)
        lines: list[Ink] = [(
            (f" {values.get('process') or '?'} ", "title"), (f"{self.pid}", "accent"),
            (f"  {values.get('user') or ''}", "dim"),
            (f"  {per_second(rate[-1] if rate else None)}", "title"),
            ("  not there any more" if gone else "", "warn"),
        )]  # fmt: skip
        lines += [((text, "chart"),) for text in area(rate, width, 4, ascii_only=plain)]
        lines += [
            rule(
                f"{len(flows)} {'flow' if len(flows) == 1 else 'flows, the largest first'}",
                width,
                ascii_only=plain,
            ),
            *_flows(flows, width),
        ]
        lines += [
            (),
            rule(f"{len(sockets)} {'socket' if len(sockets) == 1 else 'sockets'}", width, ascii_only=plain),
            *self._sockets(sockets, width),
        ]
        lines += [(), rule("the process", width, ascii_only=plain), *sheet(table, values, width)[2:]]
        self.canvas.draw(lines)

    def _sockets(self, sockets: Sequence[Mapping[str, Any]], width: int) -> list[Ink]:
        table = self.app.table("socket")
        known = {column.name: column for column in table or ()}
        lines: list[Ink] = []
        for row in sockets:
            texts = [words(known[name], row.get(name)) for name in SOCKETS if name in row]
            lines.append(((fit(" " + "  ".join(text for text in texts if text), width), "text"),))
        return lines

    def action_flows(self) -> None:
        """Its flows."""
        self.app.only(f"pid == {self.pid}")

    def action_copy(self) -> None:
        """To the clipboard."""
        self.app.copy_values(self.values)


def _flows(flows: Sequence[Mapping[str, Any]], width: int) -> list[Ink]:
    lines: list[Ink] = []
    for row in flows:
        came = row.get("direction") == "in"
        side = "src" if came else "dst"
        guess = "?" if row.get("app_confidence") == "port-guess" else ""
        app = f"{row.get('app') or 'unknown'}{guess}"
        end = f"{row.get(side)}:{row.get(side + '_port')}"
        name = row.get("server_name") or ""
        tail = f"{human_size(row.get('bytes_out') or 0):>8} {human_size(row.get('bytes_in') or 0):>8}"
        way, state = "from" if came else "to", fit(row.get("state") or "", 11)
        head = f" {way:4} {fit(end, 30)} {fit(app, 10)} {state} {name}"
        lines.append(((fit(head, max(20, width - len(tail) - 1)), "text"), (tail, "dim")))
    return lines
