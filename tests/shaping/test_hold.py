from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec
import pytest

from procwire.shaping import groups, sockets
from procwire.shaping.hold import BUSY_NS, STUCK_NS, Hold
from procwire.shaping.journal import Journal
from procwire.shaping.restoring import reached
from procwire.shaping.steps import Place, Tag, Untag
from tests.lab import Lab, wait_for
from tests.shaping.stage import entry, namespace_of, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]


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


def test_sockets_are_tagged_again_only_while_the_entry_stands_and_nobody_clears(tmp_path: Path) -> None:
    """Else what a clear has just taken from them, the look of each second would give them again."""
    kept = Journal(tmp_path)
    tag = Tag(pid=os.getpid(), start=groups.start_of(os.getpid()), priority=5)
    bare = entry("/proc/self/ns/net", Path("/proc/self/ns/net").stat().st_ino)
    made = msgspec.structs.replace(bare, parts=(msgspec.structs.replace(bare.parts[0], steps=(tag,)),))
    kept.write(made)
    hold = Hold(made)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:

        def looked() -> int:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 0)
            hold.tag_again(kept)
            return own.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY)

        try:
            assert looked() == 5
            with kept.alone():  # a clear has begun
                assert looked() == 0
            kept.remove(made.id)  # and is done; nobody has told the watchdog yet
            assert looked() == 0
        finally:
            hold.close()
            sockets.untag(Untag(pid=tag.pid, start=tag.start, priority=5))


def test_what_is_due_waits_for_a_command_and_is_undone_by_what_the_journal_says_then(tmp_path: Path) -> None:
    """Confirmed while the lock was held: it must not be undone by what is remembered of it."""
    kept = Journal(tmp_path)
    made = entry("/proc/self/ns/net", Path("/proc/self/ns/net").stat().st_ino)
    waiting = msgspec.structs.replace(made, confirm_ns=made.made_ns)
    kept.write(waiting)
    hold, now = Hold(waiting), made.made_ns
    try:
        assert hold.is_due(now)
        with kept.alone():
            assert hold.put_back(kept, now) is None
            assert not hold.is_due(now)
            kept.write(made)
        now += BUSY_NS
        assert hold.is_due(now)
        assert hold.put_back(kept, now) is None
        assert kept.get(made.id) == made
        assert not hold.is_due(now)
        hold.is_over = True  # its owner ends
        assert hold.put_back(kept, now) == []
        assert kept.get(made.id) is None
    finally:
        hold.close()


def test_what_is_due_is_undone_though_a_command_was_stopped_with_the_lock(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    made = entry("/proc/self/ns/net", Path("/proc/self/ns/net").stat().st_ino)
    kept.write(made)
    hold = Hold(made)
    try:
        with kept.alone():
            assert hold.put_back(kept, made.until_ns) is None
            assert hold.put_back(kept, made.until_ns + STUCK_NS) == []
        assert kept.get(made.id) is None
    finally:
        hold.close()


def test_though_the_directory_was_taken_away_what_is_due_is_undone(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "gone")
    made = entry("/proc/self/ns/net", Path("/proc/self/ns/net").stat().st_ino)
    hold = Hold(made)
    try:
        assert hold.put_back(kept, made.until_ns) == []
    finally:
        hold.close()
