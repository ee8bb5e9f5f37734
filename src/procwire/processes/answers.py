"""What is said of whose a flow is, and which of two answers holds. Who only passes answers on loads no more.

Knows neither sockets nor /proc.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import structs

from procwire.model.flow import Flow
from procwire.model.process import EXACT, LISTENER, RECENT, UNKNOWN, Glimpse, Owner, ProcessRef

GONE = "gone before it was looked at"  # of an end without any socket
MAX_SHARED = 4096  # answers that are kept to be shared; then begun anew
_RANK = {UNKNOWN: 0, LISTENER: 1, RECENT: 2, EXACT: 3}


class Look(NamedTuple):
    """An answer, and whether it is worth asking again."""

    owner: Owner
    final: bool


def merged(before: Owner, after: Owner) -> Owner:
    """The better of two answers for one flow, end by end: what was seen once stays seen, and since when."""
    if after.process is None or before.process is None:
        return after if before.process is None else before
    if before.side != after.side:
        first, second = (before, after) if before.side == "src" else (after, before)
        if first.peer is None and first.side == "src":
            return structs.replace(
                first, peer=second.process, peer_confidence=second.confidence, peer_reason=""
            )
        return first
    best = before if _RANK[before.confidence] > _RANK[after.confidence] else after
    met = max((after, before), key=lambda owner: _RANK.get(owner.peer_confidence, 0))
    since = before if same(before.process, best.process) and before.confidence == best.confidence else best
    return structs.replace(
        best,
        peer=met.peer,
        peer_confidence=met.peer_confidence,
        peer_reason=met.peer_reason,
        answered=since.answered,
    )


def revealed(before: Owner, after: Owner) -> Owner:
    """A glimpse and what is said in full later: known since then where both are of one process."""
    surer = _RANK[before.confidence] > _RANK[after.confidence]
    if same(before.process, after.process):
        confidence = before.confidence if surer else after.confidence
        return structs.replace(after, confidence=confidence, answered=before.answered)
    return before if surer or after.process is None else after


def whole(owner: Owner) -> Owner:
    """A glimpse as the answer that it is when nobody tells more."""
    return Owner(**structs.asdict(owner)) if isinstance(owner, Glimpse) else owner


def same(left: ProcessRef | None, right: ProcessRef | None) -> bool:
    """Whether two are one process, however much of it was read by then."""
    return left is not None and right is not None and (left.pid, left.start) == (right.pid, right.start)


def reviewed(before: Owner, after: Owner) -> Owner:
    """The later of two answers where it is of the very same socket: that was inherited or passed on, or its
    process has become another program. Else the first: the same ends may be another's by now.
    """
    if not before.socket or before.socket != after.socket or before.side != after.side:
        return before
    if before.process == after.process:
        return before
    return structs.replace(before, process=after.process, confidence=after.confidence, source=after.source)


class Shared:
    """Gives a flow its owner: one object for all flows whose answer is the same, as they are many.

    What is one flow's own of an answer, its socket and when it was known, goes into the flow.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Owner] = {}

    def give(self, flow: Flow, owner: Owner) -> None:
        """``owner`` is its owner from now on."""
        # The objects are in the dictionary too, so that these numbers are nobody else's.
        key = (
            type(owner), id(owner.process), id(owner.peer), owner.confidence, owner.source, owner.reason,
            owner.peer_confidence, owner.peer_reason, owner.side, owner.holders,
        )  # fmt: skip
        shared = self._known.get(key)
        if shared is None:
            if len(self._known) >= MAX_SHARED:
                self._known.clear()
            shared = self._known[key] = structs.replace(owner, socket=0, answered=0)
        flow.owner, flow.socket, flow.answered = shared, owner.socket, owner.answered


def answer_of(flow: Flow) -> Owner | None:
    """The answer that a flow was given, with what is its own; None before it has one."""
    owner = flow.owner
    if not isinstance(owner, Owner):
        return None
    if not flow.socket and not flow.answered:
        return owner
    return structs.replace(owner, socket=flow.socket, answered=flow.answered)
