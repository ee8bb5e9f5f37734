"""What a run says, as JSON lines: every flow when it ends, every observation when it is made.

Columns that only a live host can fill (the owner's) are left out, so that lines of one capture are the same
on any machine.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from procwire.engine.api import Context, FlowOptions, Reading, ReadOptions
from procwire.model.flow import Flow
from procwire.model.observation import Observation, table_of
from procwire.model.plain import fields, readers
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS

NAMES = [column.name for column in FLOWS]
HOST_ONLY = frozenset(NAMES[NAMES.index("pid") : NAMES.index("peer_reason") + 1])  # the owner's, all together
LISTED = frozenset({"client", "client_source", "server", "ja3"})  # from a list that grows, or in records too
_FLOW = readers(column for column in FLOWS if column.name not in HOST_ONLY | LISTED)

Line = dict[str, Any]


def flow_line(flow: Flow, context: Context) -> Line:
    """One flow with every column that does not depend on the host."""
    return fields(FlowRow(flow, context), _FLOW, {"table": "flow"})


def seen_line(flow: Flow, observation: Observation) -> Line:
    """One observation, with its table and its flow's identity, where it has a flow."""
    table = table_of(type(observation))
    head = {"table": table.name, "flow_id": flow.flow_id} if flow.number else {"table": table.name}
    return fields(observation, readers(table.columns), head)


class Scribe:
    """A pipeline's listener that writes everything down."""

    def __init__(self) -> None:
        self.context = Context([])
        self.lines: list[Line] = []
        self.flows: list[Flow] = []

    def opened(self, flow: Flow) -> None:
        """See pipeline.Listener."""

    def decided(self, flow: Flow) -> None:
        """See pipeline.Listener."""

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See pipeline.Listener."""
        self.lines.append(seen_line(flow, observation))

    def ended(self, flow: Flow) -> None:
        """See pipeline.Listener."""
        self.flows.append(flow)
        self.lines.append(flow_line(flow, self.context))


def lines_of(path: Path, options: FlowOptions | None = None) -> list[Line]:
    """Everything that reading one capture says: the flows in order of their end, observations between."""
    return scribe_of(path, options).lines


def scribe_of(path: Path, options: FlowOptions | None = None) -> Scribe:
    """Read one capture whole; raises what ended the reading."""
    scribe = Scribe()
    reading = Reading(ReadOptions(paths=(str(path),), flows=options or FlowOptions()), scribe)
    scribe.context = Context(reading.source.interfaces)
    reading.run()
    if reading.error is not None:
        raise reading.error
    return scribe


def text_of(lines: list[Line]) -> str:
    """Lines as they are kept: one JSON object each, keys in order of the columns."""
    return "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)
