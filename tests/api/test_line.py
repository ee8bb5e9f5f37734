"""What goes between a gate and an engine: packets in order, none that waits, and what is not one."""

from __future__ import annotations

import os
import random
import select
import socket
from collections.abc import Iterator

import pytest

from procwire.api.line import (
    BEAT,
    CHUNK,
    COME,
    DRAINED,
    DROP,
    HEAR,
    LEAVE,
    SAY,
    Line,
    count_bytes,
    packet,
    unpack,
    viewer_bytes,
    viewer_of,
)
from procwire.api.messages import MessageError
from procwire.api.offers import Viewer


class Heard:
    """A desk that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def come(self, number: int, viewer: Viewer) -> None:
        self.told.append(("come", number, viewer))

    def hear(self, number: int, data: bytes) -> None:
        self.told.append(("hear", number, data))

    def drained(self, number: int, count: int) -> None:
        self.told.append(("drained", number, count))

    def leave(self, number: int) -> None:
        self.told.append(("leave", number))

    def leave_all(self) -> None:
        self.told.append(("leave all",))


@pytest.fixture
def ends() -> Iterator[tuple[Line, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line = Line(ours)
    theirs.settimeout(60)
    yield line, theirs
    line.close()
    theirs.close()


def test_what_the_gate_says_reaches_the_desk(ends: tuple[Line, socket.socket]) -> None:
    line, gate = ends
    viewer = Viewer(1000, all=False, pid=77)
    for each in (
        packet(COME, 3, viewer_bytes(viewer)),
        packet(HEAR, 3, b"abc"),
        packet(DRAINED, 3, count_bytes(9)),
        packet(LEAVE, 3),
    ):
        gate.send(each)
    desk = Heard()
    line.take(desk)
    assert desk.told == [("come", 3, viewer), ("hear", 3, b"abc"), ("drained", 3, 9), ("leave", 3)]
    gate.close()
    line.take(desk)
    line.take(desk)
    assert desk.told[4:] == [("leave all",)]
    assert line.gone


def test_long_answers_are_cut_and_a_full_line_takes_no_more(ends: tuple[Line, socket.socket]) -> None:
    line, gate = ends
    data = os.urandom(3 * CHUNK + 5)
    assert line.give(4, data)
    line.drop(4)
    line.beat(b"well")
    found = [unpack(gate.recv(CHUNK + 64)) for _ in range(6)]
    assert b"".join(part for kind, _, part in found if kind == SAY) == data
    assert [kind for kind, _, _ in found] == [SAY] * 4 + [DROP, BEAT]
    count = 0
    while line.give(4, data):
        count += 1
    assert count < 100
    line.beat(b"not now")
    taken = 0
    while select.select([gate], [], [], 0)[0]:
        assert unpack(gate.recv(CHUNK + 64))[0] == SAY
        taken += 1
    assert taken >= count
    assert line.give(4, b"x")


def test_junk_is_let_go(ends: tuple[Line, socket.socket]) -> None:
    line, gate = ends
    choose = random.Random(3)
    desk = Heard()
    for _ in range(500):
        gate.send(choose.randbytes(choose.randrange(1, 40)))
        line.take(desk)
    gate.send(packet(HEAR, 1, b"still"))
    line.take(desk)
    assert desk.told[-1] == ("hear", 1, b"still")
    for wrong in (b"", b"1234", bytes(CHUNK + 6)):
        with pytest.raises(MessageError):
            unpack(wrong)
    with pytest.raises(MessageError):
        viewer_of(b"123")
