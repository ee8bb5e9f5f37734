"""Flows: who talks to whom, in which protocol; by any column, under any filter, one by one or in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from procwire.tui import grouping
from procwire.tui.host import GROUP, Rows, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line, Page
from procwire.tui.picker import Choice, Picker
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView

NEW_NS = 3_000_000_000  # a flow is new so long
STALE_NS = 60_000_000_000  # an open flow of which nothing was heard for so long
MAX_GROUPS = 500
MAX_MEMBERS = 200  # lines of an open group; how many more there are is said
OVER = frozenset({"closed", "reset"})
ENDINGS = frozenset(
    {"fin", "rst", "timeout", "replaced", "evicted"}
)  # not what only the recording's end cut off
CLOSING = frozenset({"fin-wait", "closing"})  # one side has said its last, or both have
HELD = ("process", "app", "proto", "state", "dst", "src", "server_name", "user", "direction", "container")
MAX_HELD = 500  # rows whose values are offered in a filter


class FlowsView(RowsView):
    """The table ``flow``."""

    NAME = "flows"
    TITLE = "Flows"
    TABLE = "flow"
    WITH = (
        "flow_id",
        "app_confidence",
        "owner_confidence",
        "ended",
        "state",
        "start",
        "last",
        "community_id",
    )
    KEY = ("flow_id",)
    FIRST = ("process", "pid", "proto", "app", "src", "src_port", "dst", "dst_port", "server_name", "state",
             "bytes_out", "bytes_in", "rtt", "duration")  # fmt: skip
    ORDER = "bytes"
    EMPTY = "no flow yet"
    DOC = (
        "Each conversation between two ends, with the process behind it. A sign at the left: + new, "
        "/ being closed, x over, ~ open and silent for a minute. A process or protocol with ? is a guess, "
        "or rests on what was there a moment ago: enter says how it is known. Space holds the picture; what "
        "happens meanwhile is counted and is there when it goes on."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("z",), action="group", words="group by process, remote, protocol, unit or container",
            short="group"),
        Key(keys=("a",), action="fold_all", words="open or fold all groups"),
        Key(keys=("e",), action="only_this", words="only flows that share this row's process"),
        Key(keys=("w",), action="only_open", words="hide flows that are over, or show them again"),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.opened_groups: set[str] = set()
        self.groups: list[dict[str, Any]] = []
        self.members: dict[str, list[Line]] = {}  # of those that are open

    @property
    def by(self) -> str:
        """What flows are grouped by; empty: not at all."""
        return self.settings.by

    async def load(self) -> None:
        """See View."""
        if self.by:
            await self._load_groups()
        else:
            await super().load()

    def line(self, values: Mapping[str, Any]) -> Line:
        """A flow with its sign."""
        now = self.app.clock
        gutter, role = " ", ""
        if values.get("ended") in ENDINGS or values.get("state") in OVER:
            gutter, role = "x", "dim"
        elif values.get("state") in CLOSING:
            gutter, role = "/", "dim"
        elif values.get("start") and 0 <= now - values["start"] < NEW_NS:
            gutter, role = "+", "good"
        elif values.get("last") and now - values["last"] > STALE_NS and self.app.host.live:
            gutter, role = "~", "dim"
        return Line(key=str(values.get("flow_id")), values=values, gutter=gutter, role=role)

    # Groups.

    async def _load_groups(self) -> None:
        ask, rows_of = self.app.ask, self.app.host.rows
        want = Want(
            table=GROUP, columns=grouping.COLUMNS, filter=self.words, by=self.by, limit=MAX_GROUPS,
            order="bytes", descending=True, at=self.app.at,
        )  # fmt: skip
        rows = await ask(rows_of, want)
        groups = grouping.named((dict(zip(want.columns, row, strict=True)) for row in rows.rows), self.by)
        if self.order in grouping.COLUMNS:
            groups = grouping.ordered(groups, self.order, descending=self.descending)
        opened = [group for group in groups if group["group"] in self.opened_groups]
        members = {str(group["group"]): await self._members(group) for group in opened}
        self.groups, self.members = groups, members
        self.total, self.notes = rows.total - len(rows.rows) + len(groups), rows.notes
        self._show_groups()

    def _show_groups(self) -> None:
        """Draw what is known of the groups; of one that was just opened its flows come later."""
        lines: list[Line] = []
        for group in self.groups:
            name = str(group["group"])
            lines.append(self._group_line(group))
            if name in self.opened_groups:
                coming = Line(key=("rest", name), values={}, title="    …", role="dim")
                lines += self.members.get(name, [coming])
        self.show(Page(lines=lines, total=len(lines)))

    def _group_line(self, group: Mapping[str, Any]) -> Line:
        name = str(group["group"])
        is_open = name in self.opened_groups
        signs = ("v", ">") if self.app.ascii_only else ("▾", "▸")
        count = f"{group['flows']:,} {'flow' if group['flows'] == 1 else 'flows'}"
        values = {key: group[key] for key in ("bytes", "bytes_out", "bytes_in", "packets", "start", "last")}
        return Line(key=("group", name), values=values, title=f"{signs[0 if is_open else 1]} {name}  {count}",
                    fold=name)  # fmt: skip

    async def _members(self, group: Mapping[str, Any]) -> list[Line]:
        name = str(group["group"])
        filter_ = grouping.both(self.words, grouping.members(self.by, name))
        want = self.want(filter=filter_, first=0, limit=MAX_MEMBERS)
        rows = await self.app.ask(self.app.host.rows, want)
        lines = [self.line(dict(zip(want.columns, row, strict=True))) for row in rows.rows]
        if rows.total > len(lines):
            rest = rows.total - len(lines)
            lines.append(Line(key=("rest", name), values={}, title=f"    {rest:,} more: narrow with e or /",
                              role="dim"))  # fmt: skip
        return lines

    def open_line(self, line: Line) -> None:
        """Open a group, fold it, or look at a flow."""
        if line.fold:
            self.opened_groups ^= {line.fold}
            self._show_groups()
            self.reload()
        elif line.values.get("flow_id"):
            from procwire.tui.views.flow import FlowView

            self.app.run_worker(self.app.open_view(FlowView(str(line.key))))

    def action_group(self) -> None:
        """Choose what to group by."""
        choices = [Choice(value="", name="no groups", words="one line a flow")]
        choices += [Choice(value=by, name=f"by {by}") for by in grouping.BY]
        self.app.push_screen(Picker("group flows", choices, chosen=[self.by]), self._grouped)

    def _grouped(self, values: list[str] | None) -> None:
        if values is not None:
            self.settings.by = values[0]
            self.opened_groups.clear()
            self.grid.cursor = self.grid.top = 0
            self.app.keep_settings()
            self.reload()

    def action_fold_all(self) -> None:
        """Open all groups, or fold all where any is open."""
        names = {str(group["group"]) for group in self.groups[: self.grid.rows_high]}
        self.opened_groups = set() if self.opened_groups else names
        self._show_groups()
        self.reload()

    def action_only_this(self) -> None:
        """Only flows of the process under the cursor."""
        line = self.grid.line
        if line is None:
            return
        if line.fold:
            self.filtered(grouping.both(self.words, grouping.members(self.by, line.fold)))
        else:
            name = line.values.get("process") or grouping.NOBODY
            self.filtered(grouping.both(self.words, grouping.members("process", str(name))))

    def action_only_open(self) -> None:
        """Hide what is over."""
        only = f"not (state in {{closed, reset}}) and not (ended in {{{', '.join(sorted(ENDINGS))}}})"
        self.filtered(self.words.replace(f" and {only}", "").replace(only, "") if only in self.words
                      else grouping.both(self.words, only))  # fmt: skip

    def take(self, want: Want, rows: Rows) -> None:
        """See RowsView."""
        if not self.by:
            super().take(want, rows)

    def counted(self) -> str:
        """How many there are."""
        if not self.by:
            return super().counted()
        return f"{self.total:,} {'group' if self.total == 1 else 'groups'} of flows by {self.by}"

    def caption(self) -> Sequence[tuple[str, str]]:
        """See View."""
        return super().caption()

    async def held(self) -> dict[str, Sequence[str]]:
        """What columns hold just now, to be offered in a filter."""
        want = Want(table="flow", columns=HELD, order="last", descending=True, limit=MAX_HELD, at=self.app.at)
        rows = await self.app.ask(self.app.host.rows, want)
        return {
            name: [str(value) for value, _ in grouping.counted([row[place] for row in rows.rows], 50)]
            for place, name in enumerate(HELD)
        }
