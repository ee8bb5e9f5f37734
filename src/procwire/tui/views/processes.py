"""Processes: the tree of all that run here, with what each moves on the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.tui.grouping import ordered
from procwire.tui.history import History
from procwire.tui.host import HostError, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line, Page
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView

MAX_PROCESSES = 10_000
MAX_FLOWS = 10_000  # whose bytes are added up by process
TREE, FLAT = "tree", "flat"
_PLAIN = Column(name="", kind=Kind.TEXT, doc="", get=lambda _: None, shown=True)
TRAFFIC = (
    msgspec.structs.replace(_PLAIN, name="flows", kind=Kind.INTEGER, width=6, rank=1,
                            doc="Its flows that are known just now."),
    msgspec.structs.replace(_PLAIN, name="rate", kind=Kind.SIZE, width=9, title="rate/s",
                            doc="Bytes a second on the wire, both ways, of its flows."),
    msgspec.structs.replace(_PLAIN, name="bytes", kind=Kind.SIZE, width=9,
                            doc="Bytes on the wire, both ways, of its flows."),
)  # fmt: skip
_OWN = frozenset(column.name for column in TRAFFIC)
OWNER = (
    "process",
    "user",
    "exe",
    "cmdline",
    "ppid",
    "parent",
    "unit",
    "container",
)  # what a flow tells of its owner
GONE = "x"  # the sign of one that has ended


class ProcessesView(RowsView):
    """The table ``process`` with sums over flows; as a tree or as a list."""

    NAME = "processes"
    TITLE = "Processes"
    TABLE = "process"
    KEY = ("pid", "start")
    WITH = ("ppid", "pid", "process", "start", "kernel", "exe", "unit", "user")
    FIRST = ("process", "pid", "user", "cpu_time", "rss", "threads", "age", "container", "cmdline")
    DOC = (
        "Each process of this host with what it moves on the network: its flows, their bytes and rate. As a "
        "tree, children stand under their parents and enter folds nothing away but opens the process: its "
        "program, sockets and destinations. t changes between tree and list, n shows those with traffic, "
        "and with them, marked x, those that are over by now and whose flows are still known."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        FILTER_KEY,
        ORDER_KEY,
        COLUMNS_KEY,
        Key(keys=("t",), action="tree", words="as a tree, or as a list in an order", short="tree"),
        Key(
            keys=("n",),
            action="network",
            words="only those with flows, over or not; or all",
            short="with flows",
        ),
        Key(keys=("K",), action="kernel", words="show kernel threads too, or not"),
        Key(keys=("e",), action="flows", words="the flows of the process", short="flows"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.as_tree = True
        self.only_network = False
        self.with_kernel = False
        self.rates = History()

    def columns(self) -> list[Column]:
        """With the traffic behind the pid."""
        found = super().columns()
        return [*found[:2], *TRAFFIC, *found[2:]]

    def want(self, **other: Any) -> Want:
        """All of them: a tree needs the parents."""
        asked = super().want(**other)
        names = tuple(name for name in asked.columns if name not in _OWN)
        order = "" if self.order in _OWN else self.order
        return msgspec.structs.replace(
            asked, columns=names, first=0, limit=MAX_PROCESSES, order=order, at=None
        )

    async def load(self) -> None:
        """See View."""
        if self.app.table(self.table_name) is None:
            await self._owners()
            return
        want = self.want()
        rows = await self.app.ask(self.app.host.rows, want)
        traffic = await self._traffic()
        found = []
        for row in rows.rows:
            values = dict(zip(want.columns, row, strict=True))
            moved = traffic.pop(values.get("pid") or 0, None)
            values |= {name: moved[name] if moved else None for name in ("flows", "bytes")}
            values["rate"] = self._rate(values)
            if (self.with_kernel or not values.get("kernel")) and (moved or not self.only_network):
                found.append(values)
        if self.only_network and not self.words:
            found += [values | {"rate": self._rate(values), "gone": True} for values in traffic.values()]
        self.total, self.notes = len(found), rows.notes
        tree = self.as_tree and not self.only_network and not self.words
        lines = branches(found, ascii_only=self.app.ascii_only) if tree else self._listed(found)
        self.show(Page(lines=lines, total=len(lines)))

    async def _owners(self) -> None:
        """Of a recording, which holds no process table: who its flows belong to, under who started them."""
        if self.app.host.live:
            raise HostError("no processes are told of here")
        known = await self._traffic()
        if not known and not self.words:
            raise HostError("no flow here says whose it is", "an incident does; or watch live: procwire top")
        parents = {
            values["ppid"]: {"pid": values["ppid"], "process": values.get("parent")}
            for values in known.values()
            if values.get("ppid") and values["ppid"] not in known
        }
        found = [values | {"rate": self._rate(values)} for values in known.values()]
        tree = self.as_tree and not self.only_network and not self.words
        self.total, self.notes = len(found), ("as the flows tell of them",)
        lines = (
            branches([*found, *parents.values()], ascii_only=self.app.ascii_only)
            if tree
            else self._listed(found)
        )
        self.show(Page(lines=lines, total=len(lines)))

    def table(self) -> Table | None:
        """See View; where there is none of processes, flows tell of their owners."""
        return super().table() or (None if self.app.host.live else self.app.table("flow"))

    def _rate(self, values: Mapping[str, Any]) -> int | None:
        rate = self.rates.rate(values.get("pid"))
        return round(rate) if rate else None

    async def _traffic(self) -> dict[int, dict[str, Any]]:
        """Flows and bytes by process, and what the flows tell of it."""
        table = self.app.table("flow")
        told = [name for name in OWNER if table is not None and name in {column.name for column in table}]
        want = Want(
            table="flow", columns=("pid", "bytes", *told), order="bytes", descending=True, limit=MAX_FLOWS,
            filter="" if self.app.host.live else self.words, at=self.app.at,
        )  # fmt: skip
        rows = await self.app.ask(self.app.host.rows, want)
        found: dict[int, dict[str, Any]] = {}
        for pid, moved, *facts in rows.rows:
            if not pid:
                continue
            if pid not in found:
                found[pid] = {"pid": pid, "flows": 0, "bytes": 0, **dict(zip(told, facts, strict=True))}
            found[pid]["flows"] += 1
            found[pid]["bytes"] += moved or 0
        self.rates.feed(self.app.clock, {pid: values["bytes"] for pid, values in found.items()})
        return found

    def _listed(self, found: list[dict[str, Any]]) -> list[Line]:
        order = self.order or "bytes"
        rows = ordered(found, order, descending=self.descending)
        return [
            Line(key=_key(values), values=values, gutter=GONE if values.get("gone") else " ",
                 role="dim" if values.get("gone") else "")
            for values in rows
        ]  # fmt: skip

    def set_order(self, name: str) -> None:
        """An order makes it a list."""
        self.as_tree = False
        super().set_order(name)

    def caption(self) -> Sequence[tuple[str, str]]:
        """See View."""
        how = (
            "as a tree"
            if self.as_tree and not self.only_network and not self.words
            else f"by {self.order or 'bytes'}"
        )
        pieces = [(f" {self.total:,} processes", "title"), (f"  {how}", "dim")]
        if self.only_network:
            pieces.append(("  with flows", "accent"))
        if self.words:
            pieces += [("  filter ", "dim"), (self.words, "accent")]
        return [*pieces, *((f"  {note}", "warn") for note in self.notes)]

    def action_tree(self) -> None:
        """Tree or list."""
        self.as_tree = not self.as_tree
        if self.as_tree:
            self.only_network = False
        self.reload()

    def action_network(self) -> None:
        """Only those with flows, or all."""
        self.only_network = not self.only_network
        self.reload()

    def action_kernel(self) -> None:
        """With the kernel's threads, or without."""
        self.with_kernel = not self.with_kernel
        self.reload()

    def action_flows(self) -> None:
        """The flows of the process under the cursor."""
        if self.grid.line is not None:
            self.app.only(f"pid == {self.grid.line.values.get('pid')}")

    def open_line(self, line: Line) -> None:
        """The process, whole."""
        from procwire.tui.views.process import ProcessView

        self.app.run_worker(self.app.open_view(ProcessView(line.values, self.rates)))


def _key(values: Mapping[str, Any]) -> tuple[Any, Any]:
    return values.get("pid"), values.get("start")


def branches(found: Sequence[Mapping[str, Any]], *, ascii_only: bool) -> list[Line]:
    """Processes as a tree: children under their parents, by pid; orphans of what is not shown are roots."""
    by_pid = {row.get("pid"): row for row in found}
    children: dict[Any, list[Mapping[str, Any]]] = {}
    for row in sorted(found, key=lambda row: row.get("pid") or 0):
        parent = row.get("ppid") if row.get("ppid") in by_pid and row.get("ppid") != row.get("pid") else None
        children.setdefault(parent, []).append(row)
    signs = ("|- ", "`- ", "|  ", "   ") if ascii_only else ("├─ ", "└─ ", "│  ", "   ")
    lines: list[Line] = []
    below: list[tuple[Mapping[str, Any], str, str]] = [
        (row, "", "") for row in reversed(children.get(None, ()))
    ]
    while below:
        row, lead, indent = below.pop()
        lines.append(Line(key=_key(row), values=row, lead=lead, lead_in="process"))
        own = children.pop(row.get("pid"), [])
        for place, child in reversed(list(enumerate(own))):
            last = place == len(own) - 1
            below.append((child, indent + signs[1 if last else 0], indent + signs[3 if last else 2]))
    return lines
