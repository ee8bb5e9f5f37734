"""Where findings go: what the detectors make of flows and observations, one line each, as they are made."""

from __future__ import annotations

import argparse
import sys

from procwire.cli import exit
from procwire.cli.output.choice import RowWriter, writer
from procwire.engine.api import DetectError, Detection, ExtensionError, RuleSet, rules, settings_of
from procwire.engine.options import EngineError
from procwire.model.filter import Filter, compile_filter
from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext


def _rules(arguments: argparse.Namespace, names: list[str]) -> RuleSet | None:
    """All rules; none where only some detectors are asked for and no rules are named."""
    if names and not arguments.rules:
        return None
    found, wrong, tables = rules(arguments.rules)
    for line in wrong:
        print(f"procwire: {line}", file=sys.stderr)
    return RuleSet(found, tables)


class Findings:
    """Runs the detectors that are asked for, and writes what they find where it matches the filter."""

    def __init__(self, arguments: argparse.Namespace, now: int) -> None:
        names = [name.strip() for name in arguments.findings.split(",") if name.strip()]
        try:
            self.detection = Detection(
                self._take,
                names=names,
                settings=settings_of(arguments.thresholds),
                rules=_rules(arguments, names),
            )
        except (DetectError, ExtensionError) as error:
            raise EngineError(str(error), exit.USAGE) from None
        self.keep: Filter | None = None
        if arguments.filter:
            self.keep = compile_filter(arguments.filter, FINDINGS, now=now)
        self.out: RowWriter = writer(arguments, FINDINGS)
        self.context: RowContext = NO_CONTEXT
        self.now = 0  # of packet time

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        self.now = max(self.now, flow.first)
        self.detection.opened(FlowRow(flow, self.context), self.now)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """Something was seen in a flow."""
        self.now = max(self.now, observation.time)
        self.detection.observed(ObservationRow(flow, observation, self.context), self.now)

    def ended(self, flow: Flow) -> None:
        """A flow is over."""
        self.now = max(self.now, flow.last)
        self.detection.ended(FlowRow(flow, self.context), self.now)

    def finish(self) -> None:
        """Nothing more will come; what a detector could not look at is said."""
        self.detection.finish(self.now)
        self.out.finish()
        for name, reason in self.detection.stopped.items():
            print(f"procwire: {name} was stopped: {reason}", file=sys.stderr)

    @property
    def incomplete(self) -> bool:
        """Whether a detector had to be stopped."""
        return bool(self.detection.stopped)

    def _take(self, finding: Finding) -> None:
        if self.keep is None or self.keep.matches(finding):
            self.out.write(finding)
