"""io_uring's fixed files, with a real ring where the kernel gives one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from collections.abc import Iterator

import pytest

from procwire.processes import rings
from tests.processes.world import inode_of

SETUP, REGISTER, REGISTER_FILES = 425, 427, 2


@contextlib.contextmanager
def ring_with(*held: socket.socket) -> Iterator[int]:
    """An io_uring that holds sockets as fixed files; its descriptor."""
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(SETUP, 4, ctypes.create_string_buffer(120))
    if ring < 0:
        pytest.skip(f"no io_uring here: {os.strerror(ctypes.get_errno())}")
    try:
        numbers = (ctypes.c_int * len(held))(*(each.fileno() for each in held))
        assert libc.syscall(REGISTER, ring, REGISTER_FILES, numbers, len(held)) == 0
        yield ring
    finally:
        os.close(ring)


def test_lines_that_name_sockets() -> None:
    text = (
        b"SqMask:\t0x3\nUserFiles:\t3\n    0: socket:[12]\n    1: /dev/null\n    2: socket:[13]\nUserBufs:\t0"
    )
    assert rings.parse(text) == [12, 13]
    assert rings.parse(b"    0: socket:[x]\n0: socket:[5] \n") == []


def test_a_real_ring_names_its_sockets() -> None:
    with socket.socket() as one, socket.socket() as two:
        inodes = [inode_of(one), inode_of(two)]
        with ring_with(one, two) as ring:
            assert rings.sockets(os.getpid(), ring) == inodes


def test_what_may_not_be_read_holds_nothing() -> None:
    assert rings.sockets(os.getpid(), 999_999) == []
