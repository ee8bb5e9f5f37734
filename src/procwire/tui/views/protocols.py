"""Protocols: what is spoken, by how many flows; enter leads to what was said in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from procwire.model.columns import Column, Table
from procwire.tui import grouping
from procwire.tui.host import GROUP, HostError, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line, Page
from procwire.tui.picker import Choice, Picker
from procwire.tui.views.records import RecordsView
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView

MAX_GROUPS = 500
_SHOWN = ("group", "confidence", "flows", "packets", "bytes", "bytes_out", "bytes_in", "last")


class ProtocolsView(RowsView):
    """The table ``group`` by protocol."""

    NAME = "protocols"
    TITLE = "Protocols"
    TABLE = GROUP
    KEY = ("group",)
    ORDER = "bytes"
    DOC = (
        "The protocols that are spoken, with flows and bytes. What is marked as a port guess was not seen in "
        "the content. Enter shows what a protocol said, with latency percentiles, errors and top names; v "
        "chooses among all tables that there are."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("v",), action="records", words="any table of records, by name", short="records"),
        Key(keys=("e",), action="flows", words="the flows that speak it", short="flows"),
    )

    def table(self) -> Table | None:
        """Filters are about flows."""
        return self.app.table("flow")

    def columns(self) -> list[Column]:
        """Those of groups."""
        known = {column.name: column for column in self.app.table(GROUP) or ()}
        return [known[name] for name in self.settings.columns or _SHOWN if name in known]

    def action_columns(self) -> None:
        """Choose among the columns of groups."""
        choices = [
            Choice(value=each.name, name=each.name, words=each.doc) for each in self.app.table(GROUP) or ()
        ]
        shown = [column.name for column in self.columns()]
        self.app.push_screen(Picker("columns", choices, chosen=shown, several=True), self._columns_chosen)

    def action_order(self) -> None:
        """Choose among the columns of groups."""
        choices = [Choice(value=name, name=name) for name in grouping.COLUMNS]
        self.app.push_screen(Picker("order by", choices, chosen=[self.order]), self._order_chosen)

    async def load(self) -> None:
        """See View."""
        want = Want(table=GROUP, columns=grouping.COLUMNS, filter=self.words, by="protocol", order="bytes",
                    descending=True, limit=MAX_GROUPS, at=self.app.at)  # fmt: skip
        rows = await self.app.ask(self.app.host.rows, want)
        found = grouping.named((dict(zip(want.columns, row, strict=True)) for row in rows.rows), "protocol")
        if self.order in grouping.COLUMNS:
            found = grouping.ordered(found, self.order, descending=self.descending)
        self.total, self.notes = rows.total - len(rows.rows) + len(found), rows.notes
        lines = [Line(key=row["group"], values=row, role="dim" if _guess(row) else "") for row in found]
        self.show(Page(lines=lines, total=len(lines)))

    def counted(self) -> str:
        """How many there are."""
        seen = {str(line.key).removesuffix(grouping.GUESSED) for line in self.grid.page.lines}
        return f"{len(seen):,} {'protocol' if len(seen) == 1 else 'protocols'}"

    def subject_name(self) -> str:
        """The protocol under the cursor."""
        return str(self.subject().get("group") or "")

    def open_line(self, line: Line) -> None:
        """What it said."""
        names = self.records_of(str(line.values.get("group")))
        if len(names) == 1:
            self._show_records(names)
        elif names:
            choices = [self._choice(name) for name in names]
            self.app.push_screen(
                Picker(f"records of {line.values.get('group')}", choices), self._show_records
            )
        else:
            self.action_flows()

    def records_of(self, protocol: str) -> list[str]:
        """The tables of a protocol: those that are called as it is, or begin so."""
        protocol = protocol.removesuffix(grouping.GUESSED)
        known = [name for name in self.app.tables if name == protocol or name.startswith(f"{protocol}_")]
        return sorted(name for name in known if self._is_record(name))

    def _is_record(self, name: str) -> bool:
        table = self.app.table(name)
        return table is not None and {"time", "side"} <= {column.name for column in table}

    def action_records(self) -> None:
        """Any table of records."""
        choices = [self._choice(name) for name in sorted(self.app.tables) if self._is_record(name)]
        if not choices:
            raise_none = HostError("no records are told of here")
            self.app.say(str(raise_none), "warn")
            return
        self.app.push_screen(Picker("records", choices), self._show_records)

    def _choice(self, name: str) -> Choice:
        table = self.app.table(name)
        return Choice(value=name, name=name, words=table.doc if table is not None else "")

    def _show_records(self, names: list[str] | None) -> None:
        if names:
            self.app.run_worker(self.app.open_view(RecordsView(names[0])))

    def action_flows(self) -> None:
        """The flows that speak it."""
        if self.grid.line is not None:
            self.app.only(grouping.both(self.words, grouping.members("protocol", self.subject_name())))

    def caption(self) -> Sequence[tuple[str, str]]:
        """See View."""
        return super().caption()


def _guess(row: Mapping[str, Any]) -> bool:
    return row.get("confidence") in ("port-guess", "unknown", "")
