"""Namespaces: made and entered by threads, never by the process."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from procwire.shaping.failure import ShapingError
from procwire.shaping.lab import namespaces
from tests.shaping.lab.place import needs_lab


def own_inode() -> int:
    return Path("/proc/self/ns/net").stat().st_ino


@needs_lab
def test_a_new_namespace_is_empty_and_ours_stays_ours() -> None:
    before, threads = own_inode(), threading.active_count()
    made = namespaces.made()
    try:
        assert os.fstat(made).st_ino != before
        assert namespaces.inside(made, lambda: [name for _, name in socket.if_nameindex()]) == ["lo"]
    finally:
        os.close(made)
    assert (own_inode(), threading.active_count()) == (before, threads)


@needs_lab
def test_what_is_raised_inside_is_raised_here() -> None:
    made = namespaces.made()
    try:
        with pytest.raises(ZeroDivisionError):
            namespaces.inside(made, lambda: 1 // 0)
    finally:
        os.close(made)


def test_namespaces_are_opened_by_pid_and_path() -> None:
    for name in (f"pid={os.getpid()}", "/proc/self/ns/net"):
        opened = namespaces.opened(name)
        assert os.fstat(opened).st_ino == own_inode()
        os.close(opened)
    own = namespaces.own()
    assert os.fstat(own).st_ino == own_inode()
    os.close(own)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(ShapingError, match="no-such"):
        namespaces.opened("no-such")
