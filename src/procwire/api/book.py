"""What an engine remembers for faces: flows that are open, and what ended, was seen and was found lately.

Bounded by number; the oldest goes, and is counted. What is older is in the store.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from procwire.api.offers import Offer
from procwire.model.columns import Table
from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow, mixed
from procwire.model.process import is_answered
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.tables import FLOWS

MAX_ENDED = 2_000  # flows that have ended
MAX_SEEN = 5_000  # observations
MAX_FOUND = 1_000  # findings
MAX_HELD = 5_000  # observations of flows that were not told of yet; beyond, they are told of as they are

Publish = Callable[[str, str, object], None]


def _nobody(table: str, event: str, row: object) -> None:
    """For a book without a desk."""


class Book:
    """An Audience (model.listening) that offers what it was told. For one thread.

    ``active``: the flows that are counted now. ``ending``: those that have ended, and whose owner or counts
    are still waited for: told of as they are, so that none is missing in between. ``reasons``: why not
    everything was seen.
    """

    def __init__(self, kinds: Sequence[Table] = ()) -> None:
        self.context: RowContext = NO_CONTEXT
        self.active: Callable[[], Iterable[Flow]] = tuple
        self.ending: Callable[[], Iterable[Flow]] = tuple
        self.publish: Publish = _nobody
        self.reasons: Callable[[], tuple[str, ...]] = tuple
        self.keep: Callable[[FlowRow], bool] | None = None  # of flows that go on; others are told of if kept
        self.forgotten: dict[str, int] = {"flow": 0, "observation": 0, "finding": 0}
        self._ended: deque[Flow] = deque()
        self._seen: deque[tuple[Flow, Observation]] = deque()
        self._held: dict[int, list[Observation]] = {}
        self._holding = 0
        self._found: deque[Finding] = deque()
        self._mixed = mixed(kinds)

    def told(self, event: str, flow: Flow) -> None:
        """See Audience."""
        if event == "update":
            return  # a feed has updates of its own
        if event == "end":
            self._ended.append(flow)
            self._bound(self._ended, MAX_ENDED, "flow")
        self.publish("flow", event, FlowRow(flow, self.context))
        for observation in self._held.pop(flow.number, ()):
            self._holding -= 1
            self._show(flow, observation)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Audience. Feeds are told once it is known whose flow it is: when that is told of."""
        self._seen.append((flow, observation))
        self._bound(self._seen, MAX_SEEN, "observation")
        if flow.number and not is_answered(flow.owner) and self._holding < MAX_HELD:
            self._held.setdefault(flow.number, []).append(observation)
            self._holding += 1
            return
        self._show(flow, observation)

    def found(self, finding: Finding) -> None:
        """A detector found something."""
        self._found.append(finding)
        self._bound(self._found, MAX_FOUND, "finding")
        self.publish("finding", "seen", finding)

    def offers(self) -> list[Offer]:
        """The tables that are kept here."""
        return [
            Offer(table=FLOWS, rows=self._flows, owned=is_of, feed=True, reasons=self._why),
            Offer(table=self._mixed, rows=self._observations, owned=is_of, feed=True, reasons=self._why),
            Offer(table=FINDINGS, rows=lambda: list(self._found), owned=_not, feed=True, reasons=self._why),
        ]

    def flows(self) -> list[Flow]:
        """Those that may be told of: open ones, those that are ending, then those that ended lately."""
        going: Iterable[Flow] = chain(self.active(), self.ending())
        keep = self.keep
        if keep is not None:
            going = (flow for flow in going if keep(FlowRow(flow, self.context)))
        return [*going, *self._ended]

    def _flows(self) -> Iterator[FlowRow]:
        """As of the call, however long it takes to read."""
        return (FlowRow(flow, self.context) for flow in self.flows())

    def _observations(self) -> Iterator[ObservationRow]:
        seen = list(self._seen)
        return (ObservationRow(flow, observation, self.context) for flow, observation in seen)

    def _show(self, flow: Flow, observation: Observation) -> None:
        self.publish("observation", "seen", ObservationRow(flow, observation, self.context))

    def _why(self) -> tuple[str, ...]:
        return self.reasons()

    def _bound(self, kept: deque[Any], most: int, of: str) -> None:
        if len(kept) > most:
            kept.popleft()
            self.forgotten[of] += 1


def is_of(row: FlowRow, uid: int) -> bool:
    """Whether a process of that user has an end of the flow, as far as is known."""
    owner = row.flow.owner
    owner = row.owner if owner is None else owner  # answered since the row was made
    for one in (getattr(owner, "process", None), getattr(owner, "peer", None)):
        if one is not None and one.uid == uid:
            return True
    return False


def _not(_finding: object, _uid: int) -> bool:
    """A finding may rest on flows of several users: only who sees all flows sees it."""
    return False
