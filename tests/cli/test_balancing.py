"""The accounting identity beside the terminal."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

import pytest

from procwire.cli import balancing
from procwire.cli.balancing import FIRST_SECONDS, FORGOTTEN_SECONDS, WINDOW_SECONDS, Balancing
from procwire.engine.options import EngineError
from procwire.model.accounting import AccountingRow
from procwire.tui.host import HostError
from tests.lab import wait_for


def settled(seconds: float, stopped: Callable[[], bool]) -> list[AccountingRow]:
    """In the place of the kernel: one interface, and a window that lasts until its reader is gone."""
    if seconds == WINDOW_SECONDS:
        wait_for(stopped)
    return [AccountingRow(interface="eth0", direction="in", seconds=seconds, packets=7, attributed=7)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("procwire.engine.api.settle", settled)
    found = Balancing()
    yield found
    found.close()


def test_sums_come_when_a_window_is_over(made: Balancing) -> None:
    wait_for(made.rows)
    (row,) = made.rows()
    assert (row.interface, row.packets, row.seconds) == ("eth0", 7, FIRST_SECONDS)


def test_it_ends_when_nobody_asks(made: Balancing) -> None:
    now = [0.0]
    made.clock = lambda: now[0]
    wait_for(made.rows)
    assert made._fork is not None
    pid = made._fork.pid
    made.tidy()
    os.kill(pid, 0)
    now[0] = FORGOTTEN_SECONDS + 1
    made.tidy()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_why_nothing_is_counted_is_said(made: Balancing, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> list[AccountingRow]:
        raise EngineError("packets cannot be counted: not allowed", 3)

    monkeypatch.setattr("procwire.engine.api.settle", refused)

    def said() -> str:
        try:
            made.rows()
        except HostError as error:
            return str(error)
        return ""

    assert wait_for(said) == "packets cannot be counted: not allowed"


def test_that_side_ends_with_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procwire.engine.api.settle", settled)
    mine, theirs = socket.socketpair()
    mine.close()
    with theirs:
        assert balancing.told(theirs) == 0
