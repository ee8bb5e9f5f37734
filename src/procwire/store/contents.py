"""Which tables are stored, and how each is read from what is given to the writer.

Flows, findings, processes and their events, interfaces and accounting samples; and all tables of
observations, each with the columns of its flow beside it. The rest (packets, sockets, the catalogues) is
looked at, not kept.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from procwire.model.accounting import ACCOUNTING
from procwire.model.columns import Column, Table
from procwire.model.finding import FINDINGS
from procwire.model.host_tables import PROCESSES
from procwire.model.inherited import INHERITED
from procwire.model.lives import LIVES
from procwire.model.observed import observed
from procwire.model.tables import CORE, FLOWS, INTERFACES, OWNER
from procwire.model.traffic import TRAFFIC

_OWNED = {column.name: column for column in OWNER} | {
    "start": FLOWS.column("process_start"),
}


def _remembered(column: Column) -> Column:
    """A column of a process, read from the row of a flow that it owns; not known where flows say nothing."""
    source = _OWNED.get(column.name)
    return msgspec.structs.replace(column, get=source.get if source is not None else _unknown)


def _unknown(_: object) -> None:
    return None


OWNERS = msgspec.structs.replace(PROCESSES, columns=tuple(_remembered(column) for column in PROCESSES))
"""The process of a flow, as PROCESSES declares it: takes rows of FLOWS."""

SAMPLES = msgspec.structs.replace(TRAFFIC, key=())
"""What interfaces counted, time after time."""

_CORE = (FLOWS, OWNERS, LIVES, INTERFACES, SAMPLES, ACCOUNTING, FINDINGS, INHERITED)


def contents(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Every table that is stored, of all that are declared."""
    known = {table.name for table in CORE}
    return (*_CORE, *(observed(table) for table in tables if table.name not in known))
