"""Real sockets and programs for the tests of this room."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

from procwire.model import address
from procwire.model.flow import Flow
from procwire.processes import keys
from procwire.processes.keys import Key, key_from


def inode_of(ours: socket.socket) -> int:
    """The socket inode, as in /proc/self/fd."""
    return os.fstat(ours.fileno()).st_ino


def key_of_socket(ours: socket.socket) -> Key:
    """The key of a connected socket, seen from its own end."""
    proto = 17 if ours.type == socket.SOCK_DGRAM else 6
    here, there = ours.getsockname(), ours.getpeername()
    return key_from(proto, here[0], here[1], there[0], there[1])


def flow_of(key: Key) -> Flow:
    """A flow with that key."""
    flow = Flow()
    flow.proto, flow.sport, flow.dport = key.proto, key.sport, key.dport
    flow.family = 4 if len(key.src) == 4 else 6
    _, flow.src_hi, flow.src_lo = address.split(_text(key.src))
    _, flow.dst_hi, flow.dst_lo = address.split(_text(key.dst))
    assert keys.key_of(flow) == key
    return flow


def _text(packed: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


@contextlib.contextmanager
def program(code: str, *words: str, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program that is ended with the block; it says "ready" on its standard output and goes on."""
    started = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )
    try:
        yield started
    finally:
        started.kill()
        for pipe in (started.stdin, started.stdout):
            if pipe is not None:
                pipe.close()
        started.wait()


def line(started: subprocess.Popen[bytes]) -> str:
    """The next line a program says; an empty one when it ended."""
    assert started.stdout is not None
    return started.stdout.readline().decode().strip()


def say(started: subprocess.Popen[bytes], text: str = "") -> None:
    """A line to a program."""
    assert started.stdin is not None
    started.stdin.write(text.encode() + b"\n")
    started.stdin.flush()


def in_child(work: Callable[[], str]) -> str:
    """What ``work`` returns in a forked child that is thrown away: it may give up its rights."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writing, work().encode())
        except BaseException as error:
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(pid, 0)
    return text


def become_nobody() -> None:
    """Give root up for good, in a child; /proc/self stays our own (prctl(2), PR_SET_DUMPABLE)."""
    import ctypes

    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
