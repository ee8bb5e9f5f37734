from __future__ import annotations

import pytest
from msgspec import structs

from procwire.model.flow import Flow
from procwire.model.process import EXACT, LISTENER, RECENT, UNKNOWN, Glimpse, Owner, ProcessRef
from procwire.processes import answers
from procwire.processes.answers import Shared, answer_of, merged, revealed, reviewed, whole

A, B = ProcessRef(pid=1, start=1, name="a"), ProcessRef(pid=2, start=2, name="b")
NOTHING = Owner(process=None, confidence=UNKNOWN)


def test_of_two_answers_each_end_keeps_the_better() -> None:
    early = Owner(process=A, confidence=EXACT, side="src", peer=B, peer_confidence=LISTENER)
    late = Owner(process=A, confidence=RECENT, side="src", peer=B, peer_confidence=EXACT)
    best = merged(early, late)
    assert (best.confidence, best.peer_confidence) == (EXACT, EXACT)
    assert merged(NOTHING, late) is late
    assert merged(early, NOTHING) is early


def test_an_answer_for_the_other_end_fills_in_the_peer() -> None:
    src = Owner(process=A, confidence=EXACT, side="src")
    dst = Owner(process=B, confidence=LISTENER, side="dst")
    for best in (merged(src, dst), merged(dst, src)):
        assert (best.process, best.peer, best.peer_confidence) == (A, B, LISTENER)


def test_the_time_of_an_answer_is_when_the_process_was_known_first() -> None:
    early, late = (ProcessRef(pid=7, start=1, name="sh", exe=exe) for exe in ("", "/bin/sh"))
    before = Owner(process=early, confidence=EXACT, side="src", answered=5)
    after = Owner(process=late, confidence=EXACT, side="src", answered=50)
    assert (merged(before, after).process, merged(before, after).answered) == (late, 5)
    other = structs.replace(after, process=ProcessRef(pid=8, start=1, name="sh"))
    assert merged(before, other).answered == 50


def test_what_was_glimpsed_is_told_in_full_and_known_since_then() -> None:
    early, late = (ProcessRef(pid=7, start=1, name="sh", exe=exe) for exe in ("", "/bin/sh"))
    glimpse = Glimpse(process=early, confidence=EXACT, side="src", answered=5)
    for confidence in (EXACT, RECENT):
        after = Owner(process=late, confidence=confidence, side="src", peer=B, answered=50)
        assert revealed(glimpse, after) == structs.replace(after, confidence=EXACT, answered=5)
    other = Owner(process=B, confidence=EXACT, side="src", answered=50)
    assert revealed(glimpse, other) is other
    for lesser in (structs.replace(other, confidence=LISTENER), NOTHING):
        assert revealed(glimpse, lesser) is glimpse
    assert whole(glimpse) == Owner(process=early, confidence=EXACT, side="src", answered=5)
    assert type(whole(glimpse)) is Owner
    assert whole(other) is other


def test_a_later_answer_counts_where_the_socket_is_the_same() -> None:
    """Inherited, passed on, or its process became another: but never another socket's owner."""
    parent, child = (ProcessRef(pid=pid, start=1, name=name) for pid, name in ((7, "sh"), (8, "head")))
    first = Owner(process=parent, confidence=EXACT, side="src", socket=5, answered=9)
    later = Owner(process=child, confidence=EXACT, source="bpf", side="src", socket=5, answered=99)
    best = reviewed(first, later)
    assert (best.process, best.source, best.answered) == (child, "bpf", 9)
    for other in (
        structs.replace(later, socket=6), structs.replace(later, side="dst"), NOTHING,
        Owner(process=parent, confidence=LISTENER, side="src", socket=5),
    ):  # fmt: skip
        assert reviewed(first, other) is first
    assert reviewed(structs.replace(first, socket=0), structs.replace(later, socket=0)).process == parent


def test_flows_of_one_process_share_their_owner_and_each_has_its_own_socket() -> None:
    shared, flows = Shared(), [Flow() for _ in range(3)]
    told = [
        Owner(process=A, confidence=EXACT, source="bpf", side="src", socket=5, answered=50),
        Owner(process=A, confidence=EXACT, source="bpf", side="src", socket=6, answered=60),
        Owner(process=B, confidence=EXACT, source="bpf", side="src", socket=7, answered=70),
    ]
    for flow, answer in zip(flows, told, strict=True):
        shared.give(flow, answer)
    assert flows[0].owner is flows[1].owner
    assert [answer_of(flow) for flow in flows] == told


def test_a_process_that_is_known_better_is_another_answer() -> None:
    shared, flow = Shared(), Flow()
    better = structs.replace(A, exe="/bin/a")
    shared.give(flow, Owner(process=A, confidence=EXACT, socket=5))
    shared.give(flow, Owner(process=better, confidence=EXACT, socket=5))
    assert isinstance(flow.owner, Owner)
    assert flow.owner.process is better


def test_what_is_shared_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MAX_SHARED", 2)
    shared, flow = Shared(), Flow()
    for number in range(5):
        shared.give(flow, Owner(process=None, confidence=UNKNOWN, reason=str(number), answered=9))
        assert answer_of(flow) == Owner(process=None, confidence=UNKNOWN, reason=str(number), answered=9)
    assert len(shared._known) <= 2


def test_an_owner_that_was_given_as_it_is_is_answer_of() -> None:
    flow = Flow()
    assert answer_of(flow) is None
    flow.owner = NOTHING
    assert answer_of(flow) is NOTHING
