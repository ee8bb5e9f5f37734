"""``procwire watch --attach --group``: the flows of a daemon taken together, as a watch of one's own does.

Flows that go on when it begins count with all that they have carried so far: the daemon saw it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from procwire.api.client import Client
from procwire.api.messages import Event
from procwire.api.remote import read
from procwire.cli.attached import MAX_ROWS, REFRESH_SECONDS, Attached, Row, footer
from procwire.cli.output.choice import writer
from procwire.cli.output.groups import HOST, NOBODY, Groups
from procwire.model.rows import GroupRow, Shaped
from procwire.model.tables import FLOWS, GROUPS

COLUMNS = (
    "flow_id", "process", "unit", "container", "owner_confidence", "direction", "src", "dst", "proto", "app",
    "app_confidence", "packets", "bytes_out", "bytes_in", "start", "last", "impairment", "smoothed_rtt",
    "smoothed_rtt_before", "retransmissions", "retransmissions_before",
)  # fmt: skip
Named = tuple[str, str]  # what a flow is counted under, and how sure that is


def _owned(column: str, without: str) -> Callable[[Row], Named]:
    def name(row: Row) -> Named:
        found = (row.get(column) or without) if row.get("process") else NOBODY
        return found, row.get("owner_confidence") or ""

    return name


def _remote(row: Row) -> Named:
    return row.get("src" if row.get("direction") == "in" else "dst") or "", ""


def _protocol(row: Row) -> Named:
    app = row.get("app") or "unknown"
    return (app if app != "unknown" else row.get("proto") or NOBODY), row.get("app_confidence") or ""


NAMES: Mapping[str, Callable[[Row], Named]] = {
    "process": _owned("process", NOBODY),
    "remote": _remote,
    "protocol": _protocol,
    "unit": _owned("unit", HOST),
    "container": _owned("container", HOST),
}


class Grouped(Attached):
    """Refreshing on a terminal, or once at the end. ``by``: a name of NAMES."""

    def __init__(self, arguments: argparse.Namespace, by: str) -> None:
        plain = arguments.json or arguments.csv or arguments.table or not sys.stdout.isatty()
        self._filter = arguments.filter
        self._name = NAMES[by]
        self._groups = Groups(by)  # of flows that have ended
        self._columns: tuple[str, ...] = ()
        self._open: dict[str, Row] = {}
        self._painted = 0.0
        self._out = writer(arguments, GROUPS) if plain else None
        self._live: Any = None
        if not plain:
            from procwire.cli.output.live import LiveTable

            self._live = LiveTable(GROUPS)

    def __enter__(self) -> Grouped:
        if self._live:
            self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.__exit__(*error)

    def begin(self, client: Client) -> None:
        """See Attached."""
        feed = client.subscribe("flow", self._filter, COLUMNS, every=REFRESH_SECONDS)
        self._columns = feed.columns["flow"]

    def take(self, event: Event) -> None:
        """See Attached."""
        if not event.row:
            return
        row = read(FLOWS, self._columns, event.row)
        if event.event == "end":
            self._open.pop(row["flow_id"], None)
            self._groups.put(self._alone(row))
        elif row["flow_id"] in self._open or len(self._open) < MAX_ROWS:
            self._open[row["flow_id"]] = row

    def turn(self, client: Client) -> None:
        """See Attached."""
        now = time.monotonic()
        if self._live is None or now - self._painted < REFRESH_SECONDS:
            return
        self._painted = now
        rows = self.rows()
        shown = rows[: self._live.room]
        self._live.show(shown, ", ".join(footer(client, len(rows) - len(shown))[0]))

    def finish(self) -> None:
        """See Attached."""
        rows = self.rows()
        if self._live is not None:
            self._live.show(rows[: self._live.room], f"{len(rows)} groups")
        if self._out is not None:
            for row in rows:
                self._out.write(row)
            self._out.finish()

    def rows(self) -> list[GroupRow]:
        """The groups, most bytes first."""
        return self._groups.with_rows(map(self._alone, self._open.values()))

    def _alone(self, row: Row) -> GroupRow:
        """One flow as a group."""
        name, confidence = self._name(row)
        return GroupRow(
            group=name,
            confidence=confidence,
            flows=1,
            packets=row.get("packets") or 0,
            bytes_out=row.get("bytes_out") or 0,
            bytes_in=row.get("bytes_in") or 0,
            first=row.get("start") or 0,
            last=row.get("last") or 0,
            shaped=_shaped(row),
        )


def _shaped(row: Row) -> Shaped | None:
    """As cli.output.groups.shaped_of has it of a flow here."""
    if not row.get("impairment"):
        return None
    now, was = row.get("smoothed_rtt"), row.get("smoothed_rtt_before")
    return Shaped(
        names=[row["impairment"]],
        round_trips=[0, 0] if now is None else [now, 1],
        before=[0, 0] if was is None else [was, 1],
        resent=row.get("retransmissions") or 0,
        resent_before=row.get("retransmissions_before") or 0,
    )
