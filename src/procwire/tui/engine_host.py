"""A running engine as a host: flows and what was seen in them from it, this machine from beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procwire.api.client import Answered, ApiError, Client
from procwire.api.remote import of_dicts, read
from procwire.model.beginning import BEGINNINGS
from procwire.model.beginning import read as read_piece
from procwire.model.columns import Table
from procwire.model.filter import FilterError
from procwire.tui import grouping
from procwire.tui.aside import DECLARED, declared
from procwire.tui.host import (
    GROUP,
    Answer,
    Frame,
    Health,
    Host,
    HostError,
    Link,
    Part,
    Rows,
    Said,
    Sheet,
    Want,
)

MAX_GROUPED = 100_000  # flows under a filter that are taken together here
GROUPED = "{by}_group"  # what an engine calls its own groups
LOST = {
    ("capture", "dropped"): "by the kernel",
    ("flows", "evicted"): "evicted",
    ("store", "lost"): "rows not stored",
    ("faces", "events lost"): "events",
    ("owners", "not looked up"): "owners not looked up",
}
NOT_KEPT = "nothing that this flow said is kept here any more"
SIDES = ("out", "in")
RECORDED = (
    "procwire daemon --beginnings keeps what each side says first, as procwire top does by itself; what a "
    "recorder holds of it (--record): 8, F freezes it and enter opens it"
)
ACCOUNTED = "accounting"


class EngineHost:
    """See Host. ``beside``: who tells of this machine, and answers queries."""

    live = True
    span: tuple[int, int] | None = None

    def __init__(self, client: Client, beside: Host, title: str) -> None:
        self._client = client
        self._beside = beside
        self.title = title
        try:
            self._tables = {told.name: declared(told) for told in client.tables()}
        except ApiError as error:
            raise HostError(str(error)) from None

    def tables(self) -> tuple[Table, ...]:
        """See Host."""
        others = {table.name: table for table in self._beside.tables()}
        return tuple((others | {GROUP: of_dicts(DECLARED[GROUP])} | self._tables).values())

    def rows(self, want: Want) -> Rows:
        """See Host."""
        if want.table == GROUP:
            return self._groups(want)
        if want.table not in self._tables:
            return self._beside.rows(want)
        order = (f"-{want.order}" if want.descending else want.order,) if want.order else ()
        found = self._page(want.table, want, order)
        if want.table == ACCOUNTED and not found.rows and found.notes:
            return self._beside.rows(
                want
            )  # it counts none: packets come from the interfaces alone, to be recorded
        return found

    def _page(self, name: str, want: Want, order: tuple[str, ...]) -> Rows:
        answered = self._ask(name, want.columns, want.filter, order, first=want.first, limit=want.limit)
        table = self._tables[name]
        rows = tuple(tuple(read(table, answered.columns, row).values()) for row in answered.rows)
        return Rows(rows=rows, first=want.first, total=answered.total, notes=answered.reasons)

    def _ask(
        self,
        name: str,
        columns: tuple[str, ...],
        text: str,
        order: tuple[str, ...],
        *,
        first: int,
        limit: int,
    ) -> Answered:
        try:
            return self._client.rows(name, columns, text, order, limit=limit, offset=first)
        except ApiError as error:
            if error.code == "filter":
                raise FilterError(str(error), text, error.at, error.length, error.hint) from None
            raise HostError(str(error)) from None

    def _groups(self, want: Want) -> Rows:
        ready = GROUPED.format(by=want.by)
        if not want.filter and ready in self._tables:
            return self._page(ready, want, ("-bytes",))
        answered = self._ask("flow", grouping.NEEDS, want.filter, (), first=0, limit=MAX_GROUPED)
        table = self._tables["flow"]
        flows = (read(table, answered.columns, row) for row in answered.rows)
        found = grouping.table_rows(grouping.grouped(flows, want.by))
        page = found[want.first : want.first + want.limit]
        return Rows(
            rows=tuple(tuple(row.get(name) for name in want.columns) for row in page),
            first=want.first, total=len(found), notes=answered.reasons,
        )  # fmt: skip

    def health(self, at: int | None = None) -> Health:
        """See Host: the engine's own words, and this machine's counters of its interfaces."""
        try:
            rows = self._client.health()
        except ApiError as error:
            raise HostError(str(error)) from None
        beside = self._beside.health(at)
        return health_of(rows, beside)

    def flow(self, flow_id: str) -> Sheet:
        """See Host."""
        try:
            whole = self._client.flow(flow_id)
        except ApiError as error:
            raise HostError(str(error)) from None
        flow = read(self._tables["flow"], tuple(whole.flow), tuple(whole.flow.values()))
        seen = []
        for row in whole.observations:
            name = str(row.get("table") or "")
            table = self._tables.get(name)
            if table is not None:
                seen.append((name, read(table, tuple(row), tuple(row.values()))))
        return Sheet(flow=flow, seen=tuple(seen), notes=whole.reasons)

    def conversation(self, flow_id: str) -> tuple[Said, ...]:
        """See Host: what was read of it first, where the engine keeps that; then what is heard."""
        flow = self.flow(flow_id).flow
        begun = beginning(self._begun(flow_id), flow)
        if flow.get("end"):
            if not begun and (flow.get("payload_out") or flow.get("payload_in")):
                raise HostError(NOT_KEPT, RECORDED)
            return begun
        heard = self._beside.conversation(str(flow.get("community_id") or flow_id))
        since = next((said.time for said in heard if said.time), None)
        return (*(said for said in begun if since is None or said.time < since), *heard)

    def _begun(self, flow_id: str) -> dict[str, Any]:
        """What the engine kept of the first words of a flow; empty where it kept nothing."""
        if BEGINNINGS.name not in self._tables:
            return {}
        try:
            rows = self._client.rows(BEGINNINGS.name, filter=f"flow_id == {grouping.quoted(flow_id)}").dicts()
        except ApiError:
            return {}
        return rows[0] if rows else {}

    def packet(self, number: int) -> Frame:
        """See Host: looked at beside the engine."""
        return self._beside.packet(number)

    def query(self, sql: str) -> Answer:
        """See Host."""
        return self._beside.query(sql)

    def act(self, order: str, subject: Mapping[str, Any]) -> str:
        """See Host."""
        return self._beside.act(order, subject)

    def close(self) -> None:
        """See Host."""
        self._client.close()
        self._beside.close()


def beginning(kept: Mapping[str, Any], flow: Mapping[str, Any]) -> tuple[Said, ...]:
    """What was read first, as pieces of a conversation, behind a line on how much of the whole that is."""
    if not kept:
        return ()
    had = [kept.get(f"kept_{side}") or 0 for side in SIDES]
    whole = [max(flow.get(f"payload_{side}") or 0, size) for side, size in zip(SIDES, had, strict=True)]
    if had == whole:
        words = f"all that was said: {had[0]:,} bytes out, {had[1]:,} bytes in"
    else:
        parts = (
            f"{one:,} of {size:,} bytes {side}" for side, one, size in zip(SIDES, had, whole, strict=True)
        )
        words = f"first bytes read: {', '.join(parts)}; the rest was only counted"
    found = [Said(side="out", data=b"", note=words)]
    for word in kept.get("said") or ():
        side, now, layer, missing, data = read_piece(word)
        note = f"behind {missing:,} bytes that were only counted" if missing else ""
        found.append(Said(side=side, data=data, time=now, clear=layer != "payload", note=note))
    return (*found, *(Said(side="out", data=b"", note=why) for why in kept.get("unread") or ()))


def health_of(rows: list[dict[str, Any]], beside: Health) -> Health:
    """An engine's rows of the table ``health``, with the links of this machine."""
    amounts = {(row["part"], row["name"]): row.get("amount") or 0 for row in rows}
    words = {(row["part"], row["name"]): row.get("detail") or "" for row in rows}
    parts = tuple(
        Part(name=name, pid=amounts["process", name], sandbox=words.get(("sandbox", "mode"), ""))
        for name in ("warden", "engine")
        if ("process", name) in amounts
    )
    notes = [
        f"{row['part']} {row['name']}: {row.get('detail') or row.get('amount')}"
        for row in rows
        if row.get("status") in ("degraded", "failed")
    ]
    return Health(
        now=beside.now,
        packets=amounts.get(("capture", "packets"), 0),
        bytes=amounts.get(("capture", "bytes"), 0),
        flows=amounts.get(("flows", "in all"), 0),
        open_flows=amounts.get(("flows", "open"), 0),
        source=words.get(("capture", "source"), ""),
        links=tuple(link for link in beside.links if isinstance(link, Link)),
        drops={words_: amounts.get(place, 0) for place, words_ in LOST.items()},
        parts=(*parts, *beside.parts),
        notes=tuple(notes),
    )
