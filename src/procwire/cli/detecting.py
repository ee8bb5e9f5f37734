"""Detectors and rules over what a command is told, and everybody who takes what they find.

A face that shows findings is one taker, the store another: detectors run once for all of them. What could not
be seen (frames dropped, flows given up) makes every finding from then on degraded, by its reason.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from procwire.cli import exit
from procwire.engine.options import EngineError
from procwire.model.finding import Finding
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.values import clean

if TYPE_CHECKING:  # loaded where something is to be found
    from procwire.engine.api import Detection, RuleSet

Take = Callable[[Finding], None]
Reasons = Callable[[], Sequence[str]]


def add_finding(parser: argparse.ArgumentParser) -> None:
    """--no-findings."""
    parser.add_argument(
        "--no-findings",
        action="store_true",
        help="with --store: run no detectors and rules, keep no findings",
    )


def names_of(arguments: argparse.Namespace) -> list[str]:
    """The detectors that --findings names; none: all."""
    return [name.strip() for name in (arguments.findings or "").split(",") if name.strip()]


def _rules(arguments: argparse.Namespace, names: list[str]) -> RuleSet | None:
    """All rules; none where only some detectors are asked for and no rules are named."""
    if names and not arguments.rules:
        return None
    from procwire.engine.api import RuleSet, rules

    found, wrong, tables = rules(arguments.rules)
    for line in wrong:
        print(f"procwire: {clean(line)}", file=sys.stderr)
    return RuleSet(found, tables)


class Detecting:
    """Runs the detectors that are asked for. ``takers`` get each finding at once.

    ``reasons``: why not everything could be seen so far. Raises EngineError for names that are none.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        from procwire.engine.api import DetectError, Detection, ExtensionError, settings_of

        names = names_of(arguments)
        self.takers: list[Take] = []
        self.context: RowContext = NO_CONTEXT
        self.reasons: Reasons = tuple
        self.now = 0  # of packet time
        self._flow: Flow | None = None  # that is looked at
        try:
            self.detection: Detection = Detection(
                self._take,
                names=names,
                settings=settings_of(arguments.thresholds),
                rules=_rules(arguments, names),
            )
        except (DetectError, ExtensionError) as error:
            raise EngineError(str(error), exit.USAGE) from None

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        self._flow, self.now = flow, max(self.now, flow.first)
        self.detection.opened(FlowRow(flow, self.context), self.now)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """Something was seen in a flow."""
        self._flow, self.now = flow, max(self.now, observation.time)
        self.detection.observed(ObservationRow(flow, observation, self.context), self.now)

    def ended(self, flow: Flow) -> None:
        """A flow is over."""
        self._flow, self.now = flow, max(self.now, flow.last)
        self.detection.ended(FlowRow(flow, self.context), self.now)

    def row(self) -> FlowRow | None:
        """The flow that is looked at, for whoever takes what was found in it."""
        return None if self._flow is None else FlowRow(self._flow, self.context)

    def told(self, event: str, flow: Flow) -> None:
        """See model.listening.Audience."""
        if event == "open":
            self.opened(flow)
        elif event == "end":
            self.ended(flow)

    def finish(self) -> None:
        """Nothing more will come; what a detector could not look at is said."""
        self.detection.finish(self.now)
        for name, reason in self.detection.stopped.items():
            print(f"procwire: {name} was stopped: {reason}", file=sys.stderr)

    @property
    def incomplete(self) -> bool:
        """Whether a detector or rule had to be stopped."""
        return bool(self.detection.stopped)

    def _take(self, finding: Finding) -> None:
        reasons = self.reasons()
        if reasons:
            finding = msgspec.structs.replace(finding, reasons=(*finding.reasons, *reasons))
        for take in self.takers:
            take(finding)


def losses(*, dropped: int = 0, evicted: int = 0, skipped: int = 0) -> tuple[str, ...]:
    """What was lost before anybody could look at it, in words for ``reasons``."""
    said = (
        (dropped, "packets were dropped by the kernel"),
        (evicted, "flows were given up: the flow table was full"),
        (skipped, "damaged spots were skipped"),
    )
    return tuple(f"{count} {words}" for count, words in said if count)
