from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.sandbox import capabilities
from procwire.shaping import guard
from procwire.shaping.journal import Journal
from tests.lab import wait_for
from tests.shaping.stage import end_watchdog, entry, is_over, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]


def test_there_is_one_a_directory_and_it_is_nobodys_child(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    guard.start(tmp_path)
    guard.start(tmp_path)  # sees the lock, and leaves
    told = guard.ask(tmp_path)
    assert told is not None
    assert told.held == []
    parent = Path(f"/proc/{told.pid}/stat").read_text().rpartition(")")[2].split()[1]
    assert int(parent) != os.getpid()
    end_watchdog(tmp_path)


def test_what_cannot_be_held_is_told(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    kept.write(entry("/run/netns/does-not-exist", 7))
    guard.start(tmp_path)
    told = guard.ask(tmp_path)
    assert told is not None
    assert told.held == []
    assert "gone" in next(iter(told.failed.values()))
    assert kept.entries() == []  # there is nothing to put back
    end_watchdog(tmp_path)


def test_with_nothing_to_watch_it_ends(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    guard.start(tmp_path)
    told = guard.ask(tmp_path)
    assert told is not None
    wait_for(lambda: is_over(told.pid), what="its end")
    assert guard.ask(tmp_path) is None


def test_it_is_shut_in_before_it_says_that_it_is_there(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    guard.start(tmp_path)
    told = guard.ask(tmp_path)
    assert told is not None
    lines = Path(f"/proc/{told.pid}/status").read_text().splitlines()
    status = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert (status["Name"], status["NoNewPrivs"], status["Seccomp"]) == ("procwire:shaper", "1", "2")
    assert not int(status["CapEff"], 16) >> capabilities.KILL & 1
    assert int(status["CapEff"], 16) >> capabilities.NET_ADMIN & 1
    end_watchdog(tmp_path)
