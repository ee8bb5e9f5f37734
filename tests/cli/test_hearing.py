"""Conversations that are heard from now on."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from procwire.cli import hearing
from procwire.cli.hearing import FORGOTTEN_SECONDS, MAX_HEARD, Hearing, Teller
from procwire.engine.api import Piece
from procwire.tui.aside import receive, send
from procwire.tui.host import HostError, Said
from tests.lab import wait_for


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def speaks(made: socket.socket, _options: Any, name: str) -> int:
    """In the place of a watch: says two things and waits to be ended."""
    send(made, [Said(side="out", data=name.encode())])
    send(made, [Said(side="in", data=b"y" * 300_000)])
    receive(made)
    return 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(hearing, "_hear", speaks)
    return Clock()


def test_what_is_said_comes_together_piece_by_piece(clock: Clock) -> None:
    made = Hearing(clock=clock)
    wait_for(lambda: len(made.conversation("1:abc=")) == 2)
    said = made.conversation("1:abc=")
    assert [(each.side, len(each.data)) for each in said] == [("out", 6), ("in", 300_000)]
    made.close()


def test_one_that_nobody_asks_for_is_ended(clock: Clock) -> None:
    made = Hearing(clock=clock)
    made.conversation("a")
    pid = made._heard["a"].fork.pid
    clock.now = FORGOTTEN_SECONDS + 1
    made.tidy()
    assert made._heard == {}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_only_so_many_at_once(clock: Clock) -> None:
    made = Hearing(clock=clock)
    for number in range(MAX_HEARD + 1):
        clock.now = number / 10
        made.conversation(f"flow{number}")
    assert set(made._heard) == {f"flow{number}" for number in range(1, MAX_HEARD + 1)}
    made.close()


def test_the_end_of_a_flow_and_a_failure_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "_hear", lambda *_: 0)
    made = Hearing()
    assert wait_for(lambda: made.conversation("a"))[-1].note == "the flow is over"
    made.close()

    def fails(*_: Any) -> int:
        raise PermissionError("needs root")

    monkeypatch.setattr(hearing, "_hear", fails)
    made = Hearing()

    def refused() -> str:
        try:
            made.conversation("b")
        except HostError as error:
            return str(error)
        return ""

    assert "needs root" in wait_for(refused)
    made.close()


def test_beyond_the_bound_only_that_it_was_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "MAX_HEARD_BYTES", 10)
    mine, theirs = socket.socketpair()
    teller = Teller(theirs)
    for _ in range(3):
        teller.hear(None, [Piece(side=0, data=b"123456", now=1, layer="payload")])
    theirs.close()
    bodies = []
    while body := receive(mine):
        bodies.append(body)
    mine.close()
    assert sum(body.count(b"123456") for body in bodies) == 2
    assert sum(body.count(b"not kept") for body in bodies) == 1
