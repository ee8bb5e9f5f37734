"""Processes beside the terminal."""

from __future__ import annotations

import os
import signal
import socket
import sys

from procwire.cli.forking import Fork


def _echo(made: socket.socket) -> int:
    print("some words", file=sys.stderr)
    while data := made.recv(100):
        made.sendall(data)
    return 4


def _wait(_: socket.socket) -> int:
    signal.pause()
    return 0


def test_a_fork_answers_and_ends_with_its_socket() -> None:
    fork = Fork(_echo)
    fork.made.sendall(b"hello")
    assert fork.made.recv(100) == b"hello"
    assert not fork.ended
    assert fork.end() == 4
    assert fork.said() == "some words\n"


def test_one_that_fails_says_why() -> None:
    def fails(_: socket.socket) -> int:
        raise ValueError("no such thing")

    fork = Fork(fails)
    assert fork.made.recv(1) == b""
    assert fork.end() == 1
    assert "no such thing" in fork.said()


def test_one_that_does_not_end_is_told_to() -> None:
    fork = Fork(_wait, mortal=True)
    assert fork.end(signalled=True) == -signal.SIGTERM


def test_it_has_nothing_of_the_terminal() -> None:
    fork = Fork(lambda made: made.send(str(os.isatty(0)).encode()) and 0)
    assert fork.made.recv(10) == b"False"
    fork.end()
