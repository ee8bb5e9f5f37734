from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from procwire.model.process import EXACT, UNKNOWN
from procwire.netlink.channel import Channel, NetlinkError
from procwire.processes import ends, sockets
from procwire.processes.claims import Claim
from procwire.processes.ends import NOT_LOCAL, Ends
from procwire.processes.holders import Holder
from procwire.processes.keys import Key, key_from
from procwire.processes.namespaces import Namespaces
from procwire.processes.survey import Held
from tests.processes.world import inode_of, key_of_socket


@pytest.fixture
def lookup() -> Iterator[Ends]:
    with Namespaces() as namespaces:
        yield Ends(namespaces)


def test_one_end_is_one_end(lookup: Ends) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
    ):
        end = lookup.end(key_of_socket(ours))
        assert (end.confidence, end.local, end.final) == (EXACT, True, True)
        assert end.process is not None
        assert end.process.pid == os.getpid()


def test_another_host_s_end_is_not_local(lookup: Ends) -> None:
    end = lookup.end(key_from(6, "192.0.2.1", 1, "127.0.0.1", 2))
    assert (end.local, end.final, end.reason) == (False, True, NOT_LOCAL)


def test_a_kernel_that_refuses_is_a_reason(lookup: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NetlinkError(13, "go away")

    monkeypatch.setattr(sockets, "exact", refuse)
    end = lookup.end(key_from(6, "127.0.0.1", 1, "127.0.0.1", 2))
    assert (end.confidence, end.reason) == (UNKNOWN, "sock_diag refused: go away")
    assert lookup.end(key_from(6, "192.0.2.1", 1, "127.0.0.1", 2)).reason == NOT_LOCAL


def test_who_could_not_be_looked_at_is_named(lookup: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    class Surveyed:
        refused, pause_ns = frozenset({1}), 0

        def holders(self, _: int) -> list[Held]:
            return []

        def take(self) -> bool:
            return False

    monkeypatch.setattr(lookup.holders, "surveyor", Surveyed())
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
    ):
        end = lookup.end(key_of_socket(ours))
    assert (end.process, end.reason) == (
        None,
        "no process that may be looked at holds its socket; refused: pid 1",
    )


def test_ports_are_remembered_within_bounds(lookup: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ends, "MAX_PORTS", 3)
    bound = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(8)]
    try:
        for each in bound:
            each.bind(("127.0.0.1", 0))
            end = lookup.end(key_from(17, "127.0.0.1", each.getsockname()[1], "192.0.2.1", 53))
            assert end.confidence == EXACT
        assert len(lookup._ports) <= 3
    finally:
        for each in bound:
            each.close()


def test_warming_sees_what_is_held(lookup: Ends) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert lookup.warm() >= 1
        before = lookup.holders.links_read
        lookup.warm()
        assert lookup.holders.links_read == before or lookup.holders.full_scans
        assert len(lookup.memory) >= 1


def test_a_socket_nobody_holds_is_not_looked_for_for_ever(
    lookup: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def nobody(inode: int, uid: int = -1) -> list[Holder]:
        asked.append(inode)
        return []

    monkeypatch.setattr(lookup.holders, "find", nobody)
    with socket.socket(type=socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        for _ in range(ends.UNHELD_TRIES + 3):
            lookup.warm()
        assert asked.count(inode_of(ours)) == ends.UNHELD_TRIES


def test_looking_for_namespaces_is_rationed(lookup: Ends) -> None:
    assert lookup.rescan()
    assert not lookup.rescan()


def test_a_transparent_proxy_s_foreign_address(lookup: Ends) -> None:
    with socket.socket() as proxy:
        try:
            proxy.setsockopt(socket.SOL_IP, 19, 1)  # IP_TRANSPARENT
        except PermissionError:
            pytest.skip("needs CAP_NET_ADMIN for a transparent socket")
        proxy.bind(("192.0.2.77", 0))
        proxy.setblocking(False)
        proxy.connect_ex(("127.0.0.1", 9))
        port = proxy.getsockname()[1]
        end = lookup.end(key_from(6, "192.0.2.77", port, "127.0.0.1", 9))
        assert end.confidence in (EXACT, UNKNOWN)
        assert isinstance(lookup.namespaces.home.channel, Channel)


def test_a_far_end_is_not_asked_for_where_the_near_one_is_known(
    lookup: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "exact", lambda *_, **__: pytest.fail("asked"))
    end = lookup.end(key_from(6, "192.0.2.1", 1, "127.0.0.1", 2), met=True)
    assert (end.local, end.final, end.reason) == (False, True, NOT_LOCAL)


class Knowing:
    """An origin that knows every socket."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def lookup(self, key: Key) -> Claim | None:
        return None

    def knows(self, cookie: int) -> bool:
        self.asked.append(cookie)
        return True


def test_what_an_origin_will_still_know_is_not_remembered_too() -> None:
    origin = Knowing()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
        Namespaces() as namespaces,
    ):
        lookup = Ends(namespaces, origins=(origin,))
        assert lookup.warm() >= 1
        assert len(lookup.memory) == 0
        asked = len(origin.asked)
        assert len(set(origin.asked)) == asked >= 1
        lookup.warm()
        assert len(origin.asked) < 2 * asked  # once each, but for sockets that are new
