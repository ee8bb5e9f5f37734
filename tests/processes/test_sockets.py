from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from procwire.netlink.channel import SOCK_DIAG, Channel
from procwire.processes import sockets
from procwire.processes._names import ALL_STATES, ESTABLISHED, LISTEN, SCTP, TCP, UDP
from procwire.processes.keys import Key, key_from
from procwire.processes.sockdiag import Socket
from tests.processes.world import inode_of, key_of_socket


@pytest.fixture
def channel() -> Iterator[Channel]:
    with Channel(SOCK_DIAG) as made:
        yield made


def test_both_ends_of_a_connection_are_found_exactly(channel: Channel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        with client, accepted:
            for end in (client, accepted):
                found = sockets.exact(channel, key_of_socket(end))
                assert found is not None
                assert (found.state, found.inode) == (ESTABLISHED, inode_of(end))


def test_an_unknown_connection_gives_its_listener(channel: Channel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = sockets.exact(channel, key_from(TCP, "127.0.0.1", port, "127.0.0.9", 9))
        assert found is not None
        assert (found.state, found.inode) == (LISTEN, inode_of(server))
        again = sockets.listener(channel, key_from(TCP, "127.0.0.1", port, "127.0.0.1", 12345))
        assert again == found


def test_a_connected_udp_socket_is_found_and_its_other_end_not_taken_for_it(channel: Channel) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as left, socket.socket(type=socket.SOCK_DGRAM) as right:
        right.bind(("127.0.0.1", 0))
        left.connect(right.getsockname())
        found = sockets.exact(channel, key_of_socket(left))
        other = sockets.exact(channel, key_of_socket(left).turned())
        assert found is not None
        assert other is not None
        assert (found.inode, other.inode) == (inode_of(left), inode_of(right))
        assert sockets.is_connected(found)
        assert not sockets.is_connected(other)


def test_nothing_there_is_none(channel: Channel) -> None:
    assert sockets.exact(channel, key_from(TCP, "192.0.2.1", 1, "192.0.2.2", 2)) is None
    assert sockets.exact(channel, key_from(SCTP, "192.0.2.1", 1, "192.0.2.2", 2)) is None
    assert sockets.exact(channel, key_from(47, "192.0.2.1", 0, "192.0.2.2", 0)) is None


def test_a_dump_holds_every_family(channel: Channel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as four, socket.create_server(("::1", 0), family=10) as six:
        inodes = {found.inode for found in sockets.dump(channel, TCP, 1 << LISTEN)}
        assert {inode_of(four), inode_of(six)} <= inodes
        assert inode_of(four) not in {
            found.inode for found in sockets.dump(channel, TCP, ALL_STATES & ~(1 << LISTEN))
        }


def test_only_the_unconnected_on_a_port_are_listed(channel: Channel) -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as bound,
        socket.socket(type=socket.SOCK_DGRAM) as connected,
        socket.socket(type=socket.SOCK_DGRAM) as other,
    ):
        bound.bind(("127.0.0.1", 0))
        connected.connect(bound.getsockname())
        other.bind(("127.0.0.1", 0))
        found = sockets.on_port(channel, UDP, bound.getsockname()[1])
        assert [held.inode for held in found] == [inode_of(bound)]
        assert sockets.on_port(channel, UDP, connected.getsockname()[1]) == []


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        (key_from(TCP, "127.0.0.1", 80, "127.0.0.1", 1000), True),
        (key_from(TCP, "127.0.0.1", 80, "127.0.0.1", 1001), False),
        (key_from(TCP, "127.0.0.2", 80, "127.0.0.1", 1000), False),
        (key_from(TCP, "127.0.0.1", 81, "127.0.0.1", 1000), False),
    ],
)
def test_an_answer_for_another_socket_is_not_taken(key: Key, fits: bool) -> None:
    home = b"\x7f\0\0\1"
    found = Socket(2, ESTABLISHED, home, 80, home, 1000, 0, 0, 0, 1, 0, 0, {})
    assert sockets.fits(found, key) is fits
    unconnected = found._replace(src=bytes(4), dst=bytes(4), dport=0)
    assert sockets.fits(unconnected, key) is (key.sport == 80)
