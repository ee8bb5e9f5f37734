"""Whole messages, and descriptors."""

from __future__ import annotations

import array
import os
import socket
from pathlib import Path

import pytest

from procwire.warden.line import Line, close_all, pair
from procwire.warden.messages import MAX_BYTES, MessageError


def held() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_message_and_a_descriptor() -> None:
    left, right = map(Line, pair())
    reader, writer = os.pipe()
    left.give(b"one")
    left.give(b"two", writer)
    assert right.take() == (b"one", -1)
    data, descriptor = right.take()
    assert data == b"two"
    os.write(descriptor, b"x")
    assert os.read(reader, 1) == b"x"
    close_all([reader, writer, descriptor, -1])
    left.close()
    assert right.take() == (b"", -1)
    right.close()


def test_nothing_yet_is_told_apart_from_nobody() -> None:
    left, right = map(Line, pair())
    with pytest.raises(BlockingIOError):
        right.take(wait=False)
    left.close()
    assert right.take(wait=False) == (b"", -1)


def test_too_much_is_an_error_and_leaves_no_descriptor() -> None:
    left, right = pair()
    line = Line(right)
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    before = held()
    left.send(bytes(MAX_BYTES + 100))
    with pytest.raises(MessageError):
        line.take()
    for count in (2, 3, 10):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * count))]
        left.sendmsg([b"x"], rights)
        with pytest.raises(MessageError):
            line.take()
    assert held() == before
    left.close()
    line.close()
    line.close()


def test_who_is_gone_is_noticed_when_told() -> None:
    left, right = map(Line, pair())
    right.close()
    with pytest.raises(BrokenPipeError):
        left.give(b"x")
    assert left.fileno() >= 0
