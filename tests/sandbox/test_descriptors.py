"""What is open, sorted."""

from __future__ import annotations

import os
import socket

import pytest

from procwire.sandbox import descriptors
from tests.sandbox.child import in_child


def test_sorted_by_where_it_leads() -> None:
    made = [
        socket.socket(socket.AF_UNIX),
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
        socket.socket(socket.AF_INET),
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0),
    ]
    reader, writer = os.pipe()
    found = descriptors.survey()
    numbers = [each.fileno() for each in made]
    assert set(numbers[:2]) <= set(found.speaking)
    assert set(numbers[2:]) <= set(found.packets)
    assert {reader, writer} <= set(found.writable)
    assert not set(found.writable) & (set(found.speaking) | set(found.packets))
    for each in made:
        each.close()
    os.close(reader)
    os.close(writer)
    assert writer not in descriptors.survey().writable


def test_looking_leaves_nothing_open() -> None:
    def work() -> str:
        before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
        descriptors.survey()
        return " ".join(set(os.listdir("/proc/self/fd")) - before)  # noqa: PTH208

    assert in_child(work) == ""


def test_more_than_a_filter_can_name_is_an_error() -> None:
    def work() -> str:
        for _ in range(descriptors.MAX_NAMED):
            os.dup(1)
        with pytest.raises(OSError, match="descriptors are open"):
            descriptors.nameable()
        return "refused" if len(descriptors.survey().writable) > 100 else "not seen"

    assert in_child(work) == "refused"
