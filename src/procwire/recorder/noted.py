"""What a watch knew of flows in the last minutes: so that an incident can say who, when its packets cannot.

Kept by reference and only as long as an incident could ask. Bounded; what found no room is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from procwire.model.columns import Table
from procwire.model.finding import Finding
from procwire.model.flow import Flow
from procwire.model.lines import fields, line_of, readers
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow, observed
from procwire.model.rows import NO_CONTEXT, RowContext

MAX_FLOWS = 200_000
MAX_OBSERVATIONS = 50_000
MAX_FINDINGS = 5_000


class Known(msgspec.Struct, frozen=True):
    """What is known at one moment, to be written down by another thread."""

    flows: list[Flow]
    observations: list[tuple[Flow, Observation]]
    findings: list[Finding]
    unkept: int


class Notes:
    """Hears of flows, observations and findings, and forgets what ended more than ``span_ns`` ago."""

    def __init__(self, span_ns: int, context: RowContext = NO_CONTEXT) -> None:
        self.span_ns = span_ns
        self.context = context
        self.unkept = 0
        self._flows: dict[int, Flow] = {}
        self._ended: deque[Flow] = deque()
        self._observations: deque[tuple[Flow, Observation]] = deque()
        self._findings: deque[Finding] = deque(maxlen=MAX_FINDINGS)

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        if len(self._flows) >= MAX_FLOWS:
            self.unkept += 1
            return
        self._flows[flow.number] = flow

    def ended(self, flow: Flow) -> None:
        """It is over, and stays known for a while."""
        if flow.number in self._flows:
            self._ended.append(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """Something was seen in a flow."""
        if len(self._observations) >= MAX_OBSERVATIONS:
            self._observations.popleft()
            self.unkept += 1
        self._observations.append((flow, observation))

    def found(self, finding: Finding) -> None:
        """A detector spoke."""
        self._findings.append(finding)

    def forget(self, now: int, since: int) -> None:
        """Let go of what is too old to be asked for; what lasted until ``since`` is still to be told of."""
        oldest = min(now - self.span_ns, since)
        while self._ended and self._ended[0].last < oldest:
            self._flows.pop(self._ended.popleft().number, None)
        while self._observations and self._observations[0][1].time < oldest:
            self._observations.popleft()

    def since(self, first: int) -> Known:
        """What lasted until ``first`` or came after it."""
        return Known(
            [flow for flow in self._flows.values() if flow.last >= first],
            [each for each in self._observations if each[1].time >= first],
            [finding for finding in self._findings if finding.time >= first],
            self.unkept,
        )


class Observed:
    """Observations as lines, each with the columns of its own table and some of its flow's."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = {table.name: table for table in tables}
        self._how: dict[str, tuple[str, Any]] = {}  # of those that were seen

    def lines(self, seen: Iterable[tuple[Flow, Observation]], context: RowContext) -> Iterator[bytes]:
        """One line each."""
        for flow, observation in seen:
            name = observation.TABLE
            if name not in self._how:
                self._how[name] = self._tables[name].schema, readers(observed(self._tables[name]).columns)
            schema, how = self._how[name]
            yield line_of(fields(ObservationRow(flow, observation, context), how, {"schema": schema}))


def lines(table: Table, rows: Iterable[Any]) -> Iterator[bytes]:
    """Rows of one table as lines of JSON."""
    how = readers(table.columns)
    return (line_of(fields(row, how, {"schema": table.schema})) for row in rows)
