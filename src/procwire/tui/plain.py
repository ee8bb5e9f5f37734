"""The same by typed words: nothing is drawn, every answer is a few lines from top to bottom.

For screen readers, for terminals that can only print, for a line over a bad connection. Rows are numbered;
a value is said with the name of its column, and one that is not known is not said at all.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from procwire.model.columns import Column, Table
from procwire.model.filter import FilterError
from procwire.model.values import clean, human_size, several
from procwire.tui import grouping, stats
from procwire.tui.cells import mark, words
from procwire.tui.chrome import open_of
from procwire.tui.dissected import hex_view, told
from procwire.tui.host import GROUP, Host, HostError, Rows, Want
from procwire.tui.views.flow import conversation
from procwire.tui.views.records import summed
from procwire.tui.views.sheet import exactly

PAGE = 10
FLOWS = ("process", "app", "dst", "dst_port", "server_name", "state", "bytes_out", "bytes_in")
PROCESSES = ("process", "pid", "user", "exe", "unit", "container", "start", "ended", "ancestors")
HIDDEN = ("flow_id", "app_confidence", "owner_confidence")
WITH = {"finding": ("title", "exe", "container", "source", "port"), "scenario": ("path", "name"),
        "packet": ("number",)}  # fmt: skip
GROUPED = ("group", "flows", "bytes")
PROMPT = "procwire> "


class Asked(msgspec.Struct, kw_only=True):
    """What was asked for last: ``more`` goes on from there."""

    want: Want
    shown: tuple[str, ...]


class Plain:
    """``read`` gives a line for a prompt, or raises EOFError; ``say`` takes a line."""

    def __init__(self, host: Host, read: Callable[[str], str], say: Callable[[str], None]) -> None:
        self.host = host
        self._read = read
        self._say = say
        self.tables: Mapping[str, Table] = {table.name: table for table in host.tables()}
        self.at = host.span[1] if host.span else None
        self.filter = ""
        self.order = "bytes"
        self.last: Asked | None = None
        self.rows: list[dict[str, Any]] = []
        self.going = True

    def run(self) -> int:
        """Until the input ends or ``quit``."""
        self._say(f"procwire, {self.host.title}. Type help for the words that are understood.")
        self.overview("")
        while self.going:
            try:
                line = self._read(PROMPT).strip()
            except (EOFError, KeyboardInterrupt):
                break
            self.obey(line)
        return 0

    def obey(self, line: str) -> None:
        """One line."""
        word, _, rest = line.partition(" ")
        if not word:
            return
        found = [name for name in WORDS if name.startswith(word.lower())]
        exact = word.lower() if word.lower() in WORDS else found[0] if len(found) == 1 else ""
        if not exact:
            self._say(
                f"{clean(word)}: not understood{': ' + ' or '.join(found) if found else ''}. Type help."
            )
            return
        try:
            getattr(self, exact)(rest.strip())
        except FilterError as error:
            self._say(str(error))
        except HostError as error:
            self._say(f"{error}.{' What would enable it: ' + error.remedy + '.' if error.remedy else ''}")

    # The words.

    def overview(self, _: str) -> None:
        """what was seen and lost, the busiest processes"""
        health = self.host.health(self.at)
        self._say(f"{open_of(health)}. {several(health.packets, 'packet')}, "
                  f"{human_size(health.bytes)}.")  # fmt: skip
        lost = [f"{count:,} {place}" for place, count in health.drops.items() if count]
        self._say(f"Lost: {', '.join(lost) or 'nothing'}.")
        for link in health.links:
            self._say(
                f"{clean(link.name)}: in {human_size(link.bytes_in)}, out {human_size(link.bytes_out)}."
            )
        for note in health.notes:
            self._say(f"Note: {clean(note)}.")
        self.groups("process")

    def flows(self, text: str) -> None:
        """[FILTER] flows, in the order that was set"""
        self.filter = text or self.filter
        self._ask(self._want("flow", (*FLOWS, *HIDDEN), self.filter, self.order), FLOWS)

    def groups(self, by: str) -> None:
        """BY flows by process, remote, protocol, unit or container"""
        by = by or "process"
        if by not in grouping.BY:
            raise HostError(f"groups are by {', '.join(grouping.BY)}")
        self._ask(self._want(GROUP, GROUPED, self.filter, "bytes", by=by), GROUPED)

    def rows_of(self, name: str) -> None:
        """TABLE [FILTER] rows of any table"""
        word, _, text = name.partition(" ")
        table = self.tables.get(word)
        if table is None:
            raise HostError(f"there is no table {word!r} here; there are {', '.join(sorted(self.tables))}")
        shown = tuple(column.name for column in table if column.shown) or tuple(c.name for c in table)
        order = table.moment if table.moment in {column.name for column in table} else ""
        fetched = dict.fromkeys((*shown, *table.key, *WITH.get(word, ())))
        self._ask(self._want(word, tuple(fetched), text, order), shown)
        names = stats.columns_for(table)
        if "latency" in names and "flow_id" in {column.name for column in table}:
            rows = self.host.rows(self._want(word, names, text, order, limit=2000))
            found = stats.of(table, [dict(zip(names, row, strict=True)) for row in rows.rows])
            self._lines(summed(found, 120)[:1])

    def processes(self, text: str) -> None:
        """[FILTER] processes, with who started each"""
        if "process" not in self.tables:
            raise HostError("no processes are told of here", "an incident does, and live traffic")
        table = self.tables["process"]
        known = tuple(name for name in PROCESSES if name in {column.name for column in table})
        self._ask(self._want("process", dict.fromkeys((*known, *table.key)), text, "pid"), known)

    def findings(self, text: str) -> None:
        """[FILTER] what detectors found"""
        self.rows_of(f"finding {text}")

    def doctor(self, _: str) -> None:
        """what this machine allows"""
        self.rows_of("check")

    def open(self, number: str) -> None:
        """N everything on a row of the last answer"""
        row = self._row(number)
        if self.last is not None and self.last.want.table == GROUP:
            by = self.last.want.by
            self.flows(grouping.both(self.filter, grouping.members(by, grouping.name_of(by, row))))
            return
        name = self.last.want.table if self.last is not None else ""
        values: Mapping[str, Any] = self.host.flow(str(row["flow_id"])).flow if name == "flow" else row
        for column in self.tables[name]:
            value = values.get(column.name)
            if value not in (None, "", (), []):
                self._say(f"{column.name}: {exactly(column.kind, value)}")

    def follow(self, number: str) -> None:
        """N the conversation of a flow of the last answer"""
        said = self.host.conversation(str(self._row(number).get("flow_id") or ""))
        self._lines(conversation(said, 120, as_hex=False))
        if self.host.live:
            self._say("What is said meanwhile: type follow again.")

    def packet(self, number: str) -> None:
        """N the layers and bytes of a packet of the last answer"""
        frame = self.host.packet(int(self._row(number).get("number") or 0))
        for line in told(frame):
            self._say(line)
        self._lines(hex_view(frame.data, 0, 0))

    def acknowledge(self, number: str) -> None:
        """N the alert of a finding of the last answer was seen"""
        self._act("acknowledge", self._row(number))

    def suppress(self, number: str) -> None:
        """N tell nobody of the alert of a finding, and of all like it"""
        self._act("suppress", self._row(number))

    def freeze(self, _: str) -> None:
        """have recorders keep what they hold as an incident"""
        self._act("freeze", {})

    def arm(self, _: str) -> None:
        """have recorders record on"""
        self._act("arm", {})

    def disarm(self, _: str) -> None:
        """have recorders keep what they hold, and record nothing more"""
        self._act("disarm", {})

    def shape(self, text: str) -> None:
        """TARGET --loss 3% ... as procwire shape set; undone after a minute unless kept: see keep"""
        try:
            given = shlex.split(text)
        except ValueError as error:
            raise HostError(str(error)) from None
        confirm = [] if any(word.startswith("--confirm") for word in given) else ["--confirm", "1m"]
        self._act("shape", {"words": [*given, *confirm]})

    def keep(self, name: str) -> None:
        """ID keep what was shaped"""
        self._act("confirm", {"id": name})

    def put_back(self, name: str) -> None:
        """ID put back what was shaped"""
        self._act("clear", {"id": name})

    def play(self, number: str) -> None:
        """N run a scenario of the last answer (rows_of scenario)"""
        self._act("play", self._row(number))

    def _act(self, order: str, subject: Mapping[str, Any]) -> None:
        for line in self.host.act(order, subject).splitlines():
            self._say(line.strip())

    def sql(self, text: str) -> None:
        """SELECT ... over all tables"""
        answer = self.host.query(text)
        for number, row in enumerate(answer.rows, 1):
            self._say(f"{number}. {self._sentence(answer.table, answer.table, row)}")
        self._say(f"{len(answer.rows):,} rows.{' ' + ' '.join(answer.notes) if answer.notes else ''}")

    def order_by(self, name: str) -> None:
        """COLUMN order flows by it, the largest first"""
        if name not in {column.name for column in self.tables["flow"]}:
            raise HostError(f"{name!r} is not a column of flow")
        self.order = name
        self.flows("")

    def all_flows(self, _: str) -> None:
        """flows without a filter"""
        self.filter = ""
        self.flows("")

    def more(self, _: str) -> None:
        """the next rows"""
        if self.last is None:
            return
        want = self.last.want
        self._ask(msgspec.structs.replace(want, first=want.first + want.limit), self.last.shown)

    def earlier(self, _: str) -> None:
        """wind a recording back by a tenth"""
        self._wind(-1)

    def later(self, _: str) -> None:
        """wind a recording on by a tenth"""
        self._wind(1)

    def help(self, _: str) -> None:
        """these words"""
        for name in WORDS:
            self._say(f"{name} {getattr(self, name).__doc__}")
        self._say("A word may be cut short where it stays clear. Filters: proto == tls and process == curl")

    def quit(self, _: str) -> None:
        """end"""
        self.going = False

    # Inner steps.

    def _want(self, table: str, columns: Iterable[str], text: str, order: str, **more: Any) -> Want:
        known = {column.name for column in self.tables.get(table, ())}
        names = tuple(name for name in columns if name in known)
        plain = Want(
            table=table, columns=names, filter=text, order=order, descending=True, limit=PAGE, at=self.at
        )
        return msgspec.structs.replace(plain, **more) if more else plain

    def _ask(self, want: Want, shown: tuple[str, ...]) -> None:
        rows: Rows = self.host.rows(want)
        self.last = Asked(want=want, shown=shown)
        self.rows = [dict(zip(want.columns, row, strict=True)) for row in rows.rows]
        table = self.tables[want.table]
        columns = [table.column(name) for name in shown if name in want.columns]
        for number, row in enumerate(self.rows, 1):
            self._say(f"{number}. {self._words(columns, row)}")
        end = rows.first + len(self.rows)
        rest = f" {rows.total - end:,} more: type more." if end < rows.total else ""
        self._say(f"{rows.total:,} in all.{rest}")
        for note in rows.notes:
            self._say(f"Note: {clean(note)}.")

    def _words(self, columns: Iterable[Column], row: Mapping[str, Any]) -> str:
        said = []
        for column in columns:
            value = row.get(column.name)
            if value not in (None, "", (), []):
                said.append(f"{column.name} {mark(column, words(column, value), row)}")
        return ", ".join(said)

    def _sentence(self, table: Table, columns: Iterable[Column], row: Iterable[Any]) -> str:
        names = [column.name for column in table]
        return self._words(columns, dict(zip(names, row, strict=True)))

    def _row(self, number: str) -> dict[str, Any]:
        place = int(number) - 1 if number.isdecimal() else -1
        if not 0 <= place < len(self.rows):
            raise HostError(f"the last answer has the rows 1 to {len(self.rows)}")
        return self.rows[place]

    def _lines(self, lines: Iterable[Any]) -> None:
        for line in lines:
            self._say("".join(piece[0] for piece in line).rstrip())

    def _wind(self, steps: int) -> None:
        if self.host.span is None or self.at is None:
            raise HostError("live traffic cannot be wound back")
        first, last = self.host.span
        self.at = max(first, min(last, self.at + steps * max(1, (last - first) // 10)))
        self.overview("")


WORDS = (
    "overview", "flows", "all_flows", "groups", "processes", "rows_of", "findings", "doctor", "open",
    "follow", "packet", "sql", "order_by", "more", "earlier", "later", "acknowledge", "suppress", "freeze",
    "arm", "disarm", "shape", "keep", "put_back", "play", "help", "quit",
)  # fmt: skip
