from __future__ import annotations

import os
import socket

import pytest

from procwire.shaping import groups, sockets
from procwire.shaping.namespace import GoneError
from procwire.shaping.steps import Tag, Untag
from tests.lab import pair
from tests.shaping.stage import needs_lab
from tests.shaping.test_groups import say, talker

pytestmark = [pytest.mark.kernel, needs_lab]
PRIORITY = 0x70770002


def test_the_sockets_of_another_process_get_the_priority_and_lose_it() -> None:
    with pair() as (_, left, _right), talker(left, "10.77.0.2") as process:
        say(process)  # its socket is there
        pid = process.pid  # type: ignore[attr-defined]
        start = groups.start_of(pid)
        assert sockets.tag(Tag(pid=pid, start=start, priority=PRIORITY)) == 1
        assert sockets.tag(Tag(pid=pid, start=start, priority=PRIORITY)) == 0
        assert sockets.untag(Untag(pid=pid, start=start, priority=PRIORITY)) == 1
        assert sockets.untag(Untag(pid=pid, start=start, priority=PRIORITY)) == 0


def test_sockets_that_are_none_of_the_internets_are_left_alone() -> None:
    left, right = socket.socketpair()
    with left, right, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as own:
        step = Tag(pid=os.getpid(), start=groups.start_of(os.getpid()), priority=5)
        assert sockets.tag(step) >= 1
        assert own.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == 5
        assert left.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == 0
        sockets.untag(Untag(pid=step.pid, start=step.start, priority=5))
        assert own.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == 0


def test_a_pid_that_belongs_to_another_by_now_is_not_touched() -> None:
    start = groups.start_of(os.getpid()) - 1
    with pytest.raises(GoneError):
        sockets.tag(Tag(pid=os.getpid(), start=start, priority=5))
    assert sockets.untag(Untag(pid=os.getpid(), start=start, priority=5)) == 0
