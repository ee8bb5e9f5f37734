"""A desk under a clock of the test's own: bounds, shares of time, and faces that are slow, many or mad."""

from __future__ import annotations

import random

import pytest

from procwire.api import desk as room
from procwire.api.desk import Desk
from procwire.api.face import MAX_QUEUED
from procwire.api.framing import Frames
from procwire.api.messages import (
    MAX_REPLY,
    VERSION,
    AskRows,
    AskTables,
    Event,
    Failed,
    Hello,
    Lost,
    Reply,
    Request,
    Rows,
    Subscribe,
    Welcome,
    pack,
    reply,
)
from procwire.api.offers import Viewer
from procwire.model.rows import FlowRow
from tests.api.serving import MINE, OTHERS, Engine, flow_of


class Pipe:
    """An outlet whose faces read when they are told to."""

    def __init__(self) -> None:
        self.out: dict[int, bytearray] = {}
        self.dropped: list[int] = []
        self.full = False

    def give(self, face: int, data: bytes) -> bool:
        """See Outlet."""
        if not self.full:
            self.out.setdefault(face, bytearray()).extend(data)
        return not self.full

    def drop(self, face: int) -> None:
        """See Outlet."""
        self.dropped.append(face)

    def messages(self, face: int) -> list[Reply]:
        data = bytes(self.out.pop(face, b""))
        return [reply(body) for body in Frames(MAX_REPLY).feed(data)]


class Clock:
    """Goes on by ``step`` with each look."""

    def __init__(self) -> None:
        self.now, self.step = 100.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Bench:
    def __init__(self, *, flows: int = 0) -> None:
        self.engine, self.pipe, self.clock = Engine(), Pipe(), Clock()
        self.engine.flows = [flow_of(number) for number in range(1, flows + 1)]
        self.desk = Desk(self.engine.catalogue, self.pipe, clock=self.clock, wall=lambda: 0)
        self.engine.book.publish = self.desk.publish

    def face(self, number: int = 1, uid: int = 0) -> None:
        self.desk.come(number, Viewer(uid, all=not uid))
        self.say(Hello(VERSION), number)

    def say(self, asked: Request, number: int = 1) -> None:
        self.desk.hear(number, pack(asked))

    def heard(self, number: int = 1) -> list[Reply]:
        self.desk.work()
        return self.pipe.messages(number)


def test_an_answer_goes_no_further_than_its_time() -> None:
    bench = Bench(flows=2000)
    bench.face()
    bench.say(AskRows(id=1, table="flow", columns=("pid",), limit=2000))
    bench.clock.step = 0.001
    assert isinstance(bench.heard()[0], Welcome)
    rounds = 0
    rows = 0
    while rows < 2000:
        rounds += 1
        rows += sum(len(part.rows) for part in bench.heard() if isinstance(part, Rows))
        assert rounds < 500
    assert rounds > 3  # it took several turns, each of LEAST_SECONDS or so


def test_a_face_that_does_not_read_loses_events_and_is_told() -> None:
    bench = Bench()
    bench.face()
    bench.face(2)
    for number in (1, 2):
        bench.say(Subscribe(id=5, table="flow"), number)
    bench.heard(1)
    bench.pipe.full = True
    told = 0
    for turn in range(40):
        for number in range(100):
            bench.engine.book.told("open", flow_of(1 + number + 100 * turn))
            told += 1
        bench.desk.work()
    assert bench.desk.counts.lost > 0
    assert bench.desk.counts.events + bench.desk.counts.lost == 2 * told
    bench.pipe.full = False
    events: list[Reply] = []
    for _ in range(200):
        events += bench.heard(2)
        bench.desk.drained(2, 1 << 30)
    bench.engine.book.told("open", flow_of(9_999))
    events += bench.heard(2)
    lost = [each.events for each in events if isinstance(each, Lost)]
    assert sum(lost) + sum(isinstance(each, Event) for each in events) == told + 1
    assert lost


def test_what_is_on_its_way_is_bounded() -> None:
    bench = Bench(flows=3000)
    bench.face()
    for number in range(1, 5):
        bench.say(AskRows(id=number, table="flow", limit=3000))
    for _ in range(300):
        bench.desk.work()
    taken = len(bench.pipe.out[1])
    assert 0 < taken < MAX_QUEUED  # the window: nothing was said to be with the face
    bench.desk.drained(1, taken)
    bench.desk.work()
    assert len(bench.pipe.out[1]) > taken


def test_events_that_nobody_has_time_for_are_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_PENDING", 10)
    bench = Bench()
    bench.face()
    bench.say(Subscribe(id=1, table="flow"))
    bench.say(Subscribe(id=2, table="finding"))
    bench.heard()
    for number in range(25):
        bench.engine.book.told("open", flow_of(number + 1))
    found = bench.heard()
    assert sum(isinstance(each, Event) for each in found) == 10
    assert bench.desk.counts.lost == 15
    assert [each.events for each in found if isinstance(each, Lost)] == [15]


def test_without_a_feed_nothing_is_kept() -> None:
    bench = Bench()
    bench.face()
    bench.desk.publish("flow", "open", FlowRow(flow_of(1)))
    bench.say(Subscribe(id=1, table="flow"))
    assert not [each for each in bench.heard() if isinstance(each, Event)]


def test_faces_are_bounded_for_each_user_and_in_all() -> None:
    bench = Bench()
    for number in range(room.MAX_OF_USER + 1):
        bench.face(number, uid=MINE)
    bench.desk.work()
    (refused,) = bench.pipe.messages(room.MAX_OF_USER)
    assert isinstance(refused, Failed)
    assert bench.pipe.dropped == [room.MAX_OF_USER]
    bench.face(50, uid=OTHERS)
    for number in range(100, 200):
        bench.face(number)
    assert bench.desk.present == room.MAX_FACES
    assert bench.desk.counts.refused == 1 + bench.desk.counts.faces - 1 - room.MAX_FACES
    bench.desk.leave_all()
    assert bench.desk.present == 0


def test_who_says_nothing_is_let_go() -> None:
    bench = Bench()
    bench.desk.come(1, Viewer(0, all=True))
    bench.face(2)
    bench.clock.now += room.SILENT_SECONDS + 1
    bench.desk.work()
    assert bench.pipe.dropped == [1]
    assert bench.desk.present == 1


def test_a_request_before_hello_and_answers_without_end_are_refused() -> None:
    bench = Bench(flows=300)
    bench.desk.come(1, Viewer(0, all=True))
    bench.say(AskTables(1))
    assert bench.pipe.dropped == [1]
    bench.face(2)
    for number in range(1, 20):
        bench.say(AskRows(id=number, table="flow"), 2)
    failed = [each for each in bench.heard(2) if isinstance(each, Failed)]
    assert [each.code for each in failed] == ["limit"] * 11
    bench.desk.drained(2, 1 << 30)
    while bench.heard(2):
        bench.desk.drained(2, 1 << 30)
    for number in range(20, 30):
        bench.say(Subscribe(id=number, table="flow"), 2)
    assert sum(isinstance(each, Failed) for each in bench.heard(2)) == 2


def test_random_words_end_only_their_face() -> None:
    choose = random.Random(7)
    bench = Bench(flows=3)
    bench.face(0)
    known = [pack(AskRows(id=1, table="flow")), pack(Hello(VERSION)), pack(Subscribe(id=2, table="flow"))]
    for number in range(1, 3000):
        bench.desk.come(number, Viewer(0, all=True))
        data = bytearray(choose.choice(known))
        for _ in range(choose.randrange(4)):
            data[choose.randrange(len(data))] = choose.randrange(256)
        bench.desk.hear(number, bytes(data[: choose.randrange(1, len(data) + 1)]))
        bench.desk.hear(number, choose.randbytes(choose.randrange(40)))
        bench.desk.leave(number)
    bench.heard(0)
    bench.say(AskRows(id=1, table="flow", limit=0), 0)
    (answer,) = bench.heard(0)
    assert isinstance(answer, Rows)
    assert answer.total == 3
    assert bench.desk.counts.faults > 1000
