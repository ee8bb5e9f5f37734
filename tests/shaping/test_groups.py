from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.shaping import groups
from procwire.shaping.codec import statistics
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import GoneError
from procwire.shaping.plan import Wish, sending
from procwire.shaping.spelling import effect
from procwire.shaping.standing import class_handle, inner_handle
from procwire.shaping.steps import Mark, Settle, Unsettle
from tests.lab import Host, pair, wait_for
from tests.shaping.stage import HERE, inside, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]

# Its socket is made with the first word, when it has been moved: one stays in the group that it was made in.
TALK = """
import socket, sys
family, sender = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, None
for line in sys.stdin:
    sender = sender or socket.socket(family, socket.SOCK_DGRAM)
    sender.sendto(b"x" * 100, (sys.argv[1], 9))
    print("sent", flush=True)
"""


@contextlib.contextmanager
def talker(host: Host, address: str) -> Iterator[object]:
    import subprocess

    process = host.start(
        sys.executable,
        "-S",
        "-c",
        TALK,
        address,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def say(process: object) -> None:
    process.stdin.write("now\n")  # type: ignore[attr-defined]
    process.stdin.flush()  # type: ignore[attr-defined]
    assert process.stdout.readline() == "sent\n"  # type: ignore[attr-defined]


def test_what_one_process_sends_is_shaped_and_another_is_not() -> None:
    with pair() as (_, left, _right), inside(left) as entered:
        part = sending(entered.standing(), Wish(effect=effect({"rate": "8mbit"}), group="/x"), HERE)
        for step in part.steps:
            entered.kernel.do(step)

        def counted() -> int:
            classes = {each.handle: each for each in entered.standing().classes}
            found = statistics.decode(classes[class_handle(1)].statistics)
            return found.packets + found.queued

        with (
            talker(left, "10.77.0.2") as chosen,
            talker(left, "10.77.0.2") as other,
            talker(left, "fd77::2") as six,
        ):
            undo = []
            for process in (chosen, six):
                settle, unsettle = groups.settling(process.pid)  # type: ignore[attr-defined]
                entered.kernel.do(settle)
                undo.append(unsettle)
                assert groups.of_process(process.pid) == settle.group  # type: ignore[attr-defined]
                entered.kernel.do(Mark(cgroup=settle.group, priority=inner_handle(1)))
            for process in (chosen, chosen, six):
                say(process)
            wait_for(lambda: counted() == 3, what="the neighbours, for whom the first packets wait")
            say(other)
            assert counted() == 3
            entered.kernel.close()  # the marks end with their descriptors
            say(chosen)
            assert counted() == 3
            assert entered.kernel.undo(undo) == []
            assert groups.of_process(chosen.pid) == undo[0].home  # type: ignore[attr-defined]
            assert not Path(groups.root() + undo[0].group).exists()


def test_a_pid_that_belongs_to_another_by_now_is_not_moved() -> None:
    settle, _ = groups.settling(os.getpid())
    reused = Settle(pid=settle.pid, start=settle.start - 1, group=settle.group, home=settle.home)
    with pytest.raises(GoneError, match="belongs to another"):
        groups.settle(reused)
    assert groups.of_process(os.getpid()) == settle.home
    with pytest.raises(GoneError):
        groups.start_of(1 << 22)


def test_a_process_that_ends_leaves_a_group_that_can_be_removed() -> None:
    with pair() as (_, left, _right):
        with talker(left, "10.77.0.2") as process:
            settle, unsettle = groups.settling(process.pid)  # type: ignore[attr-defined]
            groups.settle(settle)
        folder = Path(groups.root() + settle.group)
        wait_for(lambda: not (folder / "cgroup.procs").read_text(), what="an empty group")
        groups.unsettle(unsettle)
        groups.unsettle(unsettle)
        assert not folder.exists()


def test_only_groups_of_our_name_are_removed_and_absent_ones_are_said() -> None:
    home = groups.of_process(os.getpid())
    groups.unsettle(Unsettle(group=home, home="/"))
    assert groups.of_process(os.getpid()) == home
    with pytest.raises(GoneError, match="no control group"):
        groups.mark("/does/not/exist", 1)
    with pytest.raises(GoneError, match="no unit"):
        groups.of_unit("does-not-exist")
    with pytest.raises((GoneError, ShapingError)):
        groups.of_process(1 << 22)


def test_without_a_tree_nothing_is_left_to_undo_unless_somebody_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Within ``ip netns exec``, whose /sys has no control groups."""

    def nowhere() -> str:
        raise ShapingError("no cgroup v2 tree is mounted")

    home = groups.of_process(os.getpid())
    monkeypatch.setattr(groups, "root", nowhere)
    groups.unsettle(Unsettle(group=f"/{groups.PREFIX}1", home="/"))
    with pytest.raises(ShapingError, match="mounted"):
        groups.unsettle(Unsettle(group=home, home="/"))
