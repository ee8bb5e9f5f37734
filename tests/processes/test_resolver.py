from __future__ import annotations

import os
import socket
import threading
from collections.abc import Sequence

import pytest

from procwire.model.flow import Flow
from procwire.model.process import EXACT, LISTENER, UNKNOWN, Glimpse, Owner, ProcessRef
from procwire.processes import resolver
from procwire.processes.answers import Look
from procwire.processes.keys import Key, key_from
from procwire.processes.owners import Owners
from procwire.processes.resolver import Answer, Resolver
from tests.lab import wait_for
from tests.processes.world import flow_of, key_of_socket

KEY = key_from(6, "127.0.0.1", 1, "127.0.0.1", 2)


def collect(from_: Resolver, number: int) -> list[tuple[Flow, Owner]]:
    """The final answers, when there are so many."""
    found: list[tuple[Flow, Owner]] = []

    def enough() -> bool:
        found.extend((flow, owner) for flow, owner, final in from_.collect() if final)
        return len(found) >= number

    wait_for(enough, what="the answers")
    return found


class Scripted(Owners):
    """Answers as the test says, after as many looks."""

    def __init__(self, looks: list[Look], gate: threading.Event | None = None) -> None:
        super().__init__()
        self.looks = looks
        self.gate = gate
        self.seen = 0

    def look(self, key: Key) -> Look:
        if self.gate is not None:
            self.gate.wait(60)
        self.seen += 1
        return self.looks[min(self.seen, len(self.looks)) - 1]


WAIT = Look(Owner(process=None, confidence=LISTENER), final=False)
DONE = Look(Owner(process=None, confidence=EXACT), final=True)


def test_a_flow_is_answered_in_the_background() -> None:
    with Resolver(Owners) as background, socket.create_server(("127.0.0.1", 0)) as server:
        assert background.wait_ready()
        with socket.create_connection(server.getsockname()) as client:
            accepted, _ = server.accept()
            flow = flow_of(key_of_socket(client))
            assert background.submit(flow)
            ((answered, owner),) = collect(background, 1)
            accepted.close()
        assert answered is flow
        assert owner.confidence == EXACT
        assert owner.process is not None
        assert owner.process.pid == os.getpid()
        assert background.pending == 0


def test_the_accept_is_waited_for() -> None:
    with Resolver(Owners) as background, socket.create_server(("127.0.0.1", 0)) as server:
        background.wait_ready()
        with socket.create_connection(server.getsockname()) as client:
            background.submit(flow_of(key_of_socket(client)))
            wait_for(lambda: background._later, what="the first look")
            accepted, _ = server.accept()
            ((_, owner),) = collect(background, 1)
            accepted.close()
    assert (owner.confidence, owner.peer_confidence) == (EXACT, EXACT)


def test_looking_again_ends_with_the_best_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "RETRIES_NS", (1_000_000,) * 3)
    made: list[Scripted] = []

    def opened() -> Owners:
        made.append(Scripted([WAIT]))
        return made[0]

    with Resolver(opened, warm=False) as background:
        background.submit(flow_of(KEY))
        ((_, owner),) = collect(background, 1)
    assert owner.confidence == LISTENER
    assert made[0].seen == 4


def test_a_later_look_may_tell_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "RETRIES_NS", (1_000_000,) * 3)
    with Resolver(lambda: Scripted([WAIT, WAIT, DONE]), warm=False) as background:
        background.submit(flow_of(KEY))
        ((_, owner),) = collect(background, 1)
    assert owner.confidence == EXACT


class Lacking(Scripted):
    """Nothing is noted of what its answers lack, as often as the test says."""

    def __init__(self, looks: list[Look], lacking: int) -> None:
        super().__init__(looks)
        self.lacking = lacking
        self.announced: list[int] = []

    def lacks(self, key: Key, owner: Owner) -> bool:
        self.lacking -= 1
        return self.lacking >= 0

    def ahead(self, keys: Sequence[Key]) -> None:
        self.announced.append(len(keys))


@pytest.mark.parametrize(
    ("lacking", "looks", "known"), [(3, 1, LISTENER), (99, 1, LISTENER), (2, 2, EXACT), (0, 2, EXACT)]
)
def test_nobody_is_asked_again_for_what_is_not_noted_yet(
    monkeypatch: pytest.MonkeyPatch, lacking: int, looks: int, known: str
) -> None:
    """Not even at last: the answer that was given first is the answer then."""
    monkeypatch.setattr(resolver, "RETRIES_NS", (1_000_000,) * 3)
    made = Lacking([WAIT, DONE], lacking)
    with Resolver(lambda: made, warm=False) as background:
        background.submit(flow_of(KEY))
        ((_, owner),) = collect(background, 1)
    assert (made.seen, owner.confidence) == (looks, known)


def test_what_is_due_at_once_is_announced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "RETRIES_NS", (200_000_000,))
    made = Lacking([WAIT], 0)
    with Resolver(lambda: made, warm=False) as background:
        for _ in range(40):
            background.submit(flow_of(KEY))
        assert len(collect(background, 40)) == 40
    assert made.seen == 80
    again = made.announced[-2:]
    assert max(again) > 1, "looks that are due together are asked for together"
    assert sum(made.announced) == 80
    assert max(made.announced) <= resolver.TOGETHER


def test_an_owner_is_told_at_once_while_the_other_end_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the time of the final answer is when the owner was known first."""
    monkeypatch.setattr(resolver, "RETRIES_NS", (1_000_000, 1_000_000, 1_000_000))
    someone = ProcessRef(pid=7, start=1, name="seven")
    half = Look(Owner(process=someone, confidence=EXACT, side="src"), final=False)
    whole = Look(Owner(process=someone, confidence=EXACT, side="src", peer=someone), final=True)
    ticks = iter(range(100, 200))
    background = Resolver(lambda: Scripted([WAIT, half, half, whole]), warm=False, wall=lambda: next(ticks))
    with background:
        background.submit(flow_of(KEY))
        found: list[Answer] = []

        def ended() -> bool:
            found.extend(background.collect())
            return bool(found) and found[-1].final

        wait_for(ended, what="the answers")
    assert [answer.final for answer in found] == [False, True]
    assert [answer.owner.peer for answer in found] == [None, someone]
    assert [answer.owner.answered for answer in found] == [103, 103]


def test_what_was_glimpsed_is_filled_in_and_stands_where_nobody_tells_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolver, "RETRIES_NS", ())
    name, full = (ProcessRef(pid=7, start=1, name="seven", exe=exe) for exe in ("", "/bin/seven"))
    told = Look(Owner(process=full, confidence=EXACT, side="src", socket=5), final=True)
    with Resolver(lambda: Scripted([told, WAIT]), warm=False) as background:
        owners = []
        for _ in range(2):
            flow = flow_of(KEY)
            flow.owner = Glimpse(process=name, confidence=EXACT, side="src", socket=5, answered=9)
            assert not background.review(flow), "it is being asked for"
            background.submit(flow)
            owners += [owner for _, owner in collect(background, 1)]
    assert [owner.process for owner in owners] == [full, name]
    assert [(type(owner), owner.answered) for owner in owners] == [(Owner, 9)] * 2


def test_at_the_end_a_glimpse_is_the_answer() -> None:
    gate = threading.Event()
    background = Resolver(lambda: Scripted([DONE], gate), warm=False)
    flows = [flow_of(KEY) for _ in range(2)]
    flows[1].owner = Glimpse(process=ProcessRef(pid=7, start=1, name="seven"), confidence=EXACT, side="src")
    background._stopping = True  # nothing is looked at any more
    for flow in flows:
        background.submit(flow)
    gate.set()
    background.close()
    first, second = (owner for _, owner, _ in background.collect())
    assert (first.confidence, type(first)) == (UNKNOWN, Owner)
    assert (second.confidence, type(second), second.peer_reason) == (EXACT, Owner, first.reason)


def test_a_flow_that_ends_is_looked_at_once_more() -> None:
    parent, child = (ProcessRef(pid=pid, start=1, name="x") for pid in (7, 8))
    first, later = (
        Look(Owner(process=who, confidence=EXACT, side="src", socket=5), final=True)
        for who in (parent, child)
    )
    with Resolver(lambda: Scripted([first, later]), warm=False) as background:
        flow = flow_of(KEY)
        assert not background.review(flow), "nothing is known of it yet"
        background.submit(flow)
        ((_, flow.owner),) = collect(background, 1)
        assert background.review(flow)
        ((_, owner),) = collect(background, 1)
    assert owner.process == child
    assert not background.review(flow), "it has ended"


def test_an_end_between_a_look_and_its_answer_is_looked_at_once_more() -> None:
    parent, child = (ProcessRef(pid=pid, start=1, name="x") for pid in (7, 8))
    looks = [
        Look(Owner(process=who, confidence=EXACT, side="src", socket=5), final=True)
        for who in (parent, child)
    ]
    with Resolver(lambda: Scripted(looks), warm=False) as background:
        flow, other = flow_of(KEY), flow_of(KEY)
        flow.number, other.number = 1, 2
        for each in (flow, other):
            background.submit(each)
        wait_for(lambda: not background.pending, what="the looks")
        assert not background.review(flow), "its answer has not come"
        first, unended = background.collect()
        assert (first.flow, first.owner.process, first.final) == (flow, parent, False)
        assert (unended.flow, unended.final) == (other, True)
        ((again, owner),) = collect(background, 1)
    assert (again, owner.process) == (flow, child)


def test_an_end_during_a_look_is_looked_at_once_more() -> None:
    """What was noted before the end, and after the look began, is not in its answer."""
    parent, child = (ProcessRef(pid=pid, start=1, name="x") for pid in (7, 8))
    looks = [
        Look(Owner(process=who, confidence=EXACT, side="src", socket=5), final=True)
        for who in (parent, child)
    ]
    gate = threading.Event()
    made: list[Scripted] = []

    def opened() -> Owners:
        made.append(Scripted(looks, gate))
        return made[0]

    with Resolver(opened, warm=False) as background:
        flow = flow_of(KEY)
        background.submit(flow)
        wait_for(lambda: background._asked, what="the look")
        assert not background.review(flow), "its answer has not come"
        gate.set()
        wait_for(lambda: not background.pending and background._done, what="the answer")
        (first,) = background.collect()
        assert (first.owner.process, first.final) == (parent, False)
        ((again, owner),) = collect(background, 1)
    assert (again, owner.process) == (flow, child)


def test_all_sockets_are_seen_at_the_start_and_then_as_often_as_asked() -> None:
    seen: list[int] = []

    class Seeing(Owners):
        def refresh(self) -> int:
            seen.append(1)
            return 0

    with Resolver(Seeing, warm_ns=1_000_000):
        wait_for(lambda: len(seen) >= 3, what="the warm-ups")
    seen.clear()
    with Resolver(Seeing, warm_ns=3_600_000_000_000) as background:
        assert background.wait_ready()
        background.submit(flow_of(KEY))
        collect(background, 1)
    assert len(seen) == 1


def test_what_is_aside_comes_last_and_is_looked_at_once() -> None:
    gate = threading.Event()
    made: list[Scripted] = []

    def opened() -> Owners:
        made.append(Scripted([WAIT, DONE], gate))
        return made[0]

    with Resolver(opened, warm=False) as background:
        flows = [flow_of(KEY) for _ in range(4)]
        background.submit(flows[0], aside=True)
        wait_for(lambda: background._asked, what="the look that keeps all others waiting")
        background.submit(flows[1], aside=True)
        for flow in flows[2:]:
            background.submit(flow)
        assert background.pending == 3
        gate.set()
        answers = collect(background, 4)
    assert [flows.index(flow) for flow, _ in answers] == [0, 2, 3, 1]
    assert [owner.confidence for _, owner in answers] == [LISTENER, EXACT, EXACT, EXACT]
    assert made[0].seen == 4


def test_a_full_queue_refuses_counts_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "MAX_WAITING", 3)
    gate = threading.Event()
    with Resolver(lambda: Scripted([DONE], gate), warm=False) as background:
        background.wait_ready()
        accepted = [background.submit(flow_of(KEY)) for _ in range(10)]
        assert not all(accepted)
        assert background.refused == accepted.count(False)
        gate.set()
        found = collect(background, 10)
    assert len(found) == 10
    assert sum("too many" in owner.reason for _, owner in found) == background.refused


def test_at_the_end_everything_has_an_answer() -> None:
    background = Resolver(lambda: Scripted([WAIT]), warm=False)
    background.wait_ready()
    for _ in range(5):
        background.submit(flow_of(KEY))
    wait_for(lambda: len(background._later) == 5, what="the first looks")
    background.close()
    assert [owner.confidence for _, owner, _ in background.collect()] == [LISTENER] * 5
    assert not background.submit(flow_of(KEY))
    assert background.collect()[0][1].confidence == UNKNOWN


def test_at_the_end_only_what_does_not_surely_stand_is_looked_at_once_more() -> None:
    parent, child = (ProcessRef(pid=pid, start=1, name="x") for pid in (7, 8))
    heir = Owner(process=child, confidence=EXACT, side="src", socket=5)

    class Sure(Scripted):
        def stands(self, key: Key, owner: Owner) -> bool:
            return owner.socket != 5

    gate = threading.Event()
    made: list[Sure] = []

    def opened() -> Owners:
        made.append(Sure([DONE, Look(heir, final=True)], gate))
        return made[0]

    background = Resolver(opened, warm=False)
    background.submit(flow_of(KEY))
    wait_for(lambda: background._asked, what="the look that keeps all others waiting")
    flows = [flow_of(KEY) for _ in range(2000)]
    for number, flow in enumerate(flows, 1):
        flow.number = number
        flow.owner = Owner(process=parent, confidence=EXACT, side="src", socket=6 - (number == len(flows)))
        assert background.review(flow)
    background._stopping = True
    gate.set()
    background.close(60)
    answers = {answer.flow.number: answer.owner.process for answer in background.collect() if answer.final}
    assert [answers[flow.number] for flow in flows] == [parent] * 1999 + [child]
    assert made[0].seen == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_is_told_as_the_reason() -> None:
    class Broken(Owners):
        def look(self, key: Key) -> Look:
            raise ValueError("a defect")

    with Resolver(Broken, warm=False) as background:
        background.wait_ready()
        background.submit(flow_of(KEY))
        background._thread.join(60)
        assert not background.submit(flow_of(KEY))
        (_, owner, _), *_ = background.collect()
    assert owner.reason == "the look-up failed: ValueError: a defect"


def test_a_look_that_fails_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "RETRIES_NS", (1_000_000,))

    class Failing(Owners):
        def look(self, key: Key) -> Look:
            raise OSError("no netlink today")

    with Resolver(Failing, warm=False) as background:
        background.submit(flow_of(KEY))
        ((_, owner),) = collect(background, 1)
    assert "no netlink today" in owner.reason


def test_a_thread_that_cannot_start_says_why_and_answers() -> None:
    def refused() -> Owners:
        raise OSError("not allowed here")

    with Resolver(refused) as background:
        assert background.wait_ready()
        background._thread.join(60)
        assert not background.submit(flow_of(KEY))
        ((_, owner, _),) = background.collect()
    assert background.problem == "not allowed here"
    assert (owner.confidence, owner.reason) == (UNKNOWN, "the look-up failed: not allowed here")


def test_flows_that_nobody_owns_take_a_bounded_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look takes a second here: after one more all the others are late, and answered as they are."""
    monkeypatch.setattr(resolver, "NOTED_RETRIES_NS", (1_000_000,) * 3)
    ticks = iter(range(0, 10**15, 10**9))
    made: list[Scripted] = []

    def opened() -> Owners:
        made.append(Scripted([WAIT]))
        return made[0]

    with Resolver(opened, warm=False, noted=True, clock=lambda: next(ticks)) as background:
        for _ in range(20):
            background.submit(flow_of(KEY))
        answers = collect(background, 20)
    assert {owner.confidence for _, owner in answers} == {LISTENER}
    assert made[0].seen < 20 + 20
