"""Detectors and rules over what a command is told, and everybody who takes what they find.

A face that shows findings is one taker, the store another: detectors run once for all of them. What could not
be seen (frames dropped, flows given up) makes every finding from then on degraded, by its reason. Rules with
windows look at what was stored; rules over process events need the right to hear of them.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from procwire.cli import exit
from procwire.cli.policing import Policing
from procwire.engine.options import EngineError
from procwire.model.finding import Finding
from procwire.model.flow import Flow
from procwire.model.lives import LIVES
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow
from procwire.model.process import is_answered
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.values import clean

if TYPE_CHECKING:  # loaded where something is to be found
    from procwire.cli.ruling import Ruling
    from procwire.engine.api import Detection
    from procwire.hunting.thread import Hunt
    from procwire.store.keeping import Keeper

MAX_HELD = 20_000  # observations that wait for their flow's owner; more are looked at without
SETTLE_NS = 1_000_000_000  # so long may a packet take from its time to here
Take = Callable[[Finding], None]
Reasons = Callable[[], Sequence[str]]
LATE = "process events are heard only by a watch that begins with a rule over them"
UNSTORED = "rules with windows look at stored rows: --store keeps them"


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


class Detecting:
    """Runs the detectors that are asked for. ``takers`` get each finding at once.

    ``reasons``: why not everything could be seen so far. Raises EngineError for names that are none.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        from procwire.engine.api import DetectError, Detection, settings_of

        names = names_of(arguments)
        self.takers: list[Take] = []
        self.context: RowContext = NO_CONTEXT
        self.reasons: Reasons = tuple
        self.now = 0  # of packet time
        self.findings = 0  # all that was taken, windows' too
        self._flow: Flow | None = None  # that is looked at
        self.ruling = _ruling(arguments, names)
        self.keeper: Keeper | None = None
        self.hunt: Hunt | None = None
        self._live = _looks_up(arguments)
        self._held: dict[int, list[Observation]] = {}  # by flow, until its owner is known
        self._holding = 0
        self.noticed: list[Callable[[], None]] = []  # asked with each tick
        self.deaf = ""  # why process events are not heard of
        rules = self.ruling.set if self.ruling is not None else None
        try:
            settings = settings_of(arguments.thresholds)
            self.detection: Detection = Detection(self._take, names=names, settings=settings, rules=rules)
        except DetectError as error:
            raise EngineError(str(error), exit.USAGE) from None
        self.policing = Policing(arguments)
        self.detection.police(self.policing.judge)
        self.lives = self._heard() if getattr(arguments, "command", "") in ("watch", "daemon") else None

    def keep(self, keeper: Keeper, *, patient: bool) -> None:
        """Findings go to this store as well, and rules with windows look at it."""
        from procwire.hunting.thread import Hunt
        from procwire.store.reason import StoreError

        self.keeper = keeper
        self.takers.append(keeper.found)
        if keeper.live:
            self._remember(keeper)
        if self.ruling is None or (patient and not self.ruling.windowed):
            return
        try:
            self.hunt = Hunt(self.ruling.windowed, self.ruling.tables, keeper.path, patient=patient)
        except StoreError as error:
            print(f"procwire: rules with windows: {error}", file=sys.stderr)

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        self._flow, self.now = flow, max(self.now, flow.first)
        self.detection.opened(FlowRow(flow, self.context), self.now)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """Something was seen in a flow. Live, it waits until its owner is known, or the flow is told of."""
        if self._live and flow.number and not is_answered(flow.owner) and self._holding < MAX_HELD:
            self._held.setdefault(flow.number, []).append(observation)
            self._holding += 1
            return
        self._observed(flow, observation)

    def _observed(self, flow: Flow, observation: Observation) -> None:
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
        held = self._held.pop(flow.number, None)
        if held is not None:
            self._holding -= len(held)
            for observation in held:
                self._observed(flow, observation)
        if event == "end":
            self.ended(flow)

    def ticked(self, now: int) -> None:
        """Some times a second, live: what time tells, what happened to processes, what was found in windows.

        ``now``: ns since 1970; packets of the last second may still be on their way.
        """
        if self.now:
            self.now = max(self.now, now - SETTLE_NS)
            self.detection.ticked(self.now)
        self._listen()
        for notice in self.noticed:
            notice()
        if self.hunt is not None:
            for finding in self.hunt.fetch():
                self._take(finding)
        if self.policing.changed():
            self.detection.police(self.policing.judge)
        if self.ruling is not None and self.ruling.changed():
            self.detection.rules = self.ruling.set
            if self.hunt is not None:
                self.hunt.take(self.ruling.windowed)
            if LIVES.name in self.ruling.read and self.lives is None and not self.deaf:
                self.deaf = LATE
                print(f"procwire: incomplete: {LATE}", file=sys.stderr)

    def finish(self) -> None:
        """Nothing more will come; what a detector could not look at is said."""
        self._listen()
        self.detection.finish(self.now)
        self._look_back()
        self._unhear()
        for name, reason in self.stopped.items():
            print(f"procwire: {name} was stopped: {clean(reason)}", file=sys.stderr)
        for reason in self._unseen():
            print(f"procwire: incomplete: {clean(reason)}", file=sys.stderr)

    @property
    def places(self) -> tuple[str, ...]:
        """Files and directories that are read again as it goes on."""
        rules = self.ruling.places if self.ruling is not None else ()
        return (*rules, *self.policing.places)

    def reload(self) -> None:
        """Begin to read rules and policy anew. May be called from a signal handler."""
        self.policing.reload()
        if self.ruling is not None:
            self.ruling.reload()

    @property
    def stopped(self) -> dict[str, str]:
        """Detectors and rules that had to be stopped, and why."""
        return self.detection.stopped | (self.hunt.stopped if self.hunt is not None else {})

    @property
    def incomplete(self) -> bool:
        """Whether a detector or rule had to be stopped, or could not look at anything."""
        return bool(self.stopped or self._unseen())

    # Inner steps.

    def _remember(self, keeper: Keeper) -> None:
        """What had flows before this watch is not new to it."""
        from procwire.store.programs import programs
        from procwire.store.reason import StoreError

        with contextlib.suppress(StoreError):
            known, since = programs(keeper.path)
            if known:
                self.detection.remember(known, since)

    def _heard(self) -> Any:
        """Process events, where a rule asks about them."""
        if self.ruling is None or LIVES.name not in self.ruling.read:
            return None
        from procwire.engine.api import lives

        try:
            return lives().__enter__()
        except (EngineError, OSError) as error:
            self.deaf = f"rules over process events: {error}"
            return None

    def _listen(self) -> None:
        if self.lives is None:
            return
        try:
            rows = self.lives.take()
        except OSError as error:
            self.deaf, self.lives = f"process events: {error.strerror or error}", None
            return
        if rows:
            self._count_lost()
        for row in rows:
            self.detection.lived(row, row.time)
        if self.keeper is not None:
            self.keeper.keep(LIVES.name, rows)

    def _count_lost(self) -> None:
        """Events that were too many make what is found from then on degraded."""
        if self.lives is None:
            return
        try:
            lost = self.lives.lost
        except OSError as error:
            self.deaf = f"lost process events cannot be counted: {error.strerror or error}"
            return
        if lost:
            self.deaf = f"{lost} process events were too many to be heard of"

    def _unhear(self) -> None:
        """No more process events; how many were too many."""
        if self.lives is None:
            return
        self._count_lost()
        self.lives.__exit__(None, None, None)
        self.lives = None

    def _look_back(self) -> None:
        """Rules with windows over what was stored last."""
        if self.hunt is None or self.keeper is None:
            return
        self.keeper.flush()
        for finding in self.hunt.finish():
            self._take(finding)

    def _unseen(self) -> list[str]:
        found = [self.deaf] if self.deaf else []
        if self.ruling is not None and self.ruling.windowed and self.hunt is None:
            found.append(UNSTORED)
        if self.hunt is not None and (self.hunt.problem or self.hunt.lost):
            found.append(self.hunt.problem or f"{self.hunt.lost} findings were too many to be told")
        return found

    def _take(self, finding: Finding) -> None:
        reasons = self.reasons()
        if self.deaf:
            reasons = (*reasons, self.deaf)
        if reasons:
            finding = msgspec.structs.replace(finding, reasons=(*finding.reasons, *reasons))
        self.findings += 1
        for take in self.takers:
            take(finding)


def _looks_up(arguments: argparse.Namespace) -> bool:
    """Whether the owners of flows become known a moment after the flows."""
    live = getattr(arguments, "command", "") in ("watch", "daemon")
    return live and not getattr(arguments, "no_owners", True)


def _ruling(arguments: argparse.Namespace, names: list[str]) -> Ruling | None:
    """All rules; none where only some detectors are asked for and no rules are named."""
    if names and not arguments.rules:
        return None
    from procwire.cli.ruling import Ruling

    return Ruling(arguments.rules)


def losses(*, dropped: int = 0, evicted: int = 0, skipped: int = 0) -> tuple[str, ...]:
    """What was lost before anybody could look at it, in words for ``reasons``."""
    said = (
        (dropped, "packets were dropped by the kernel"),
        (evicted, "flows were given up: the flow table was full"),
        (skipped, "damaged spots were skipped"),
    )
    return tuple(f"{count} {words}" for count, words in said if count)
