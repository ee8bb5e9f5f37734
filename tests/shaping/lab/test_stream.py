"""Two connections as one."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from procwire.shaping.lab.stream import PIECE, Stream, discard

Four = tuple[socket.socket, socket.socket, socket.socket, socket.socket]


def joined() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        left = socket.create_connection(server.getsockname())
        right = server.accept()[0]
    for each in (left, right):
        each.settimeout(5)
    return left, right


@pytest.fixture
def ends() -> Iterator[Four]:
    """The command, its end, the outer end, the other host."""
    four = (*joined(), *joined())
    yield four
    for each in four:
        each.close()


def turn(stream: Stream, end: socket.socket, rounds: int = 1) -> bool:
    """Serve an end once it has something to say."""
    poll = select.poll()
    poll.register(end, select.POLLIN | select.POLLRDHUP)
    assert poll.poll(5000)
    alive = True
    for _ in range(rounds):
        alive = alive and stream.serve(end, select.EPOLLIN)
    return alive


def test_what_is_said_is_handed_on_both_ways(ends: Four) -> None:
    command, inner, outer, host = ends
    stream = Stream(inner, outer)
    command.sendall(b"ask")
    assert turn(stream, inner)
    assert host.recv(10) == b"ask"
    host.sendall(b"answer")
    assert turn(stream, outer)
    assert command.recv(10) == b"answer"


def test_a_half_that_ends_leaves_the_other_open(ends: Four) -> None:
    command, inner, outer, host = ends
    stream = Stream(inner, outer)
    command.shutdown(socket.SHUT_WR)
    assert not stream.is_sent
    assert turn(stream, inner)
    assert stream.is_sent
    assert host.recv(10) == b""
    host.sendall(b"late")
    assert turn(stream, outer)
    assert command.recv(10) == b"late"
    host.close()
    assert not turn(stream, outer)  # both have ended
    assert command.recv(10) == b""
    assert inner.fileno() == outer.fileno() == -1


def test_a_reset_of_one_is_a_reset_of_both(ends: Four) -> None:
    command, inner, outer, host = ends
    stream = Stream(inner, outer)
    discard(host)
    assert not turn(stream, outer)
    with pytest.raises(ConnectionResetError):
        command.recv(10)


def test_a_reset_of_a_half_closed_connection_is_noticed(ends: Four) -> None:
    command, inner, outer, host = ends
    stream = Stream(inner, outer)
    command.shutdown(socket.SHUT_WR)
    assert turn(stream, inner)
    assert not stream.events(inner) & select.EPOLLIN  # nothing comes from there any more
    assert stream.events(inner) & select.EPOLLHUP
    assert not stream.serve(inner, select.EPOLLHUP)
    with pytest.raises(BrokenPipeError):  # as Linux has it after a FIN
        host.send(b"more")


def test_an_end_that_is_closed_both_ways_is_not_asked_again(ends: Four) -> None:
    command, inner, outer, host = ends
    outer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    stream = Stream(inner, outer)
    host.shutdown(socket.SHUT_WR)
    assert turn(stream, outer)
    sent = 0
    command.setblocking(False)
    while sent < 1 << 24:  # until nobody takes any more
        try:
            sent += command.send(bytes(PIECE))
        except BlockingIOError:
            if not stream.events(inner) & select.EPOLLIN:
                break
        stream.serve(inner, select.EPOLLIN)
    assert stream.events(inner) & select.EPOLLIN == 0  # it is slowed, as the other side is
    assert stream.serve(inner, select.EPOLLHUP)
    assert stream.events(inner) == 0
    assert stream.events(outer) & select.EPOLLOUT
