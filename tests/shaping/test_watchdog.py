from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.shaping import guard, journal
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.restoring import reached
from procwire.shaping.steps import Part, Place
from procwire.shaping.watchdog import Hold
from tests.lab import Lab, wait_for
from tests.shaping.stage import end_watchdog, is_over, namespace_of, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]


def entry(path: str, inode: int) -> Entry:
    part = Part(place=Place(path=path, inode=inode), device=1, name="lo", side="egress", steps=(), undo=())
    return Entry(
        id=journal.identity(), document={}, parts=(part,), boot=journal.boot(), made_ns=journal.now(),
        until_ns=journal.now() + 60 * 10**9,
    )  # fmt: skip


def test_there_is_one_a_directory_and_it_is_nobodys_child(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    guard.start(tmp_path)
    guard.start(tmp_path)  # sees the lock, and leaves
    told = guard.ask(tmp_path)
    assert told is not None
    assert told["held"] == []
    parent = Path(f"/proc/{told['pid']}/stat").read_text().rpartition(")")[2].split()[1]
    assert int(parent) != os.getpid()
    end_watchdog(tmp_path)


def test_a_hold_keeps_a_namespace_and_knows_when_nobody_else_does() -> None:
    with Lab() as lab:
        host = lab.host("held")
        hold = Hold(entry(str(host.path), host.path.stat().st_ino))
        try:
            assert not hold.let_go_of_the_dead()
            process = host.start("sleep", "600")
            inode = host.path.stat().st_ino
            wait_for(lambda: namespace_of(process.pid) == inode)
            host.run("ip", "netns", "del", host.name)
            assert not hold.let_go_of_the_dead()  # the process still lives in it
            with reached(Place(path=str(host.path), inode=inode)) as again:
                assert again.place.inode == inode
            process.kill()
            process.wait()
            assert hold.let_go_of_the_dead()
            assert hold.kernels == {}  # and now it can end
        finally:
            hold.close()
        assert hold.kernels == {}


def test_what_cannot_be_held_is_told(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    kept.write(entry("/run/netns/does-not-exist", 7))
    guard.start(tmp_path)
    told = guard.ask(tmp_path)
    assert told is not None
    assert told["held"] == []
    assert "gone" in next(iter(told["failed"].values()))
    assert kept.entries() == []  # there is nothing to put back
    end_watchdog(tmp_path)


def test_with_nothing_to_watch_it_ends(tmp_path: Path) -> None:
    Journal(tmp_path).prepare()
    guard.start(tmp_path)
    told = guard.ask(tmp_path)
    assert told is not None
    wait_for(lambda: is_over(told["pid"]), what="its end")
    assert guard.ask(tmp_path) is None
