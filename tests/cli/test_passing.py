"""Packets that are looked at as they pass."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from procwire.cli import passing
from procwire.cli.beside import serve
from procwire.cli.passing import FORGOTTEN_SECONDS, Looking, Passing
from procwire.tui.host import HostError, Want
from tests.cli.test_shelf import decoded, filled
from tests.lab import wait_for

WANT = Want(table="packet", columns=("number", "proto"), order="number")


def three(made: socket.socket, _options: Any) -> int:
    """In the place of a watch: three packets."""
    looking = Looking()
    filled(looking.shelf, 3)
    serve(made, looking)
    return 0


def fails(*_: Any) -> int:
    raise PermissionError("needs root")


def test_rows_and_bytes_come_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "look", three)
    made = Passing()
    try:
        assert made.rows(WANT).rows == ((1, "tcp"), (2, "tcp"), (3, "tcp"))
        assert made.packet(2).number == 2
        assert [each.data for each in made.picked([1, 3])] == [made.packet(n).data for n in (1, 3)]
    finally:
        made.close()


def test_it_ends_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "look", three)
    now = [0.0]
    made = Passing()
    made.clock = lambda: now[0]
    made.rows(WANT)
    assert made._fork is not None
    pid = made._fork.pid
    made.tidy()
    os.kill(pid, 0)
    now[0] = FORGOTTEN_SECONDS + 1
    made.tidy()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_why_nobody_looks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "look", fails)
    with pytest.raises(HostError, match="needs root") as caught:
        Passing().rows(WANT)
    assert "sudo" in caught.value.remedy


def test_the_screen_is_told_what_went_and_what_was_lost() -> None:
    looking = Looking()
    looking.shelf.most = 2
    looking.shelf.take(*decoded(5))
    looking.lost = lambda: 7
    assert looking.notes("packet") == ("3 older ones went", "7 were dropped by the kernel")


def test_whoever_asks_is_answered_between_two_batches_and_heard_leaving() -> None:
    mine, theirs = socket.socketpair()

    class Watch:
        stopped = False

        def stop(self) -> None:
            self.stopped = True

    face = passing._Face(theirs, Looking())
    watch = Watch()
    face.watching = watch  # type: ignore[assignment]
    face.ticked(0)
    assert not watch.stopped
    mine.close()

    def stopped() -> bool:
        face.ticked(0)
        return watch.stopped

    wait_for(stopped)
    theirs.close()
    assert watch.stopped
