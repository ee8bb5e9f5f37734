from __future__ import annotations

from collections.abc import Iterator

import pytest

from procwire.capture import arphrd_names
from procwire.capture.interfaces import Change, Watcher, interfaces, local_addresses
from procwire.model import address
from tests.lab import Host, Lab, why_not

kernel = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]


@pytest.fixture
def host() -> Iterator[Host]:
    with Lab() as lab:
        yield lab.host("a")


def events(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.event, change.link.name) for change in changes]


def test_loopback_is_always_there() -> None:
    lo = next(link for link in interfaces() if link.hardware == arphrd_names.LOOPBACK)
    assert (lo.kind, lo.linktype, lo.mac, lo.peer) == ("loopback", 1, "", "")


class TestKernel:
    pytestmark = kernel

    def test_kinds_masters_and_addresses(self, host: Host) -> None:
        host.run("ip", "link", "add", "va", "type", "veth", "peer", "name", "vb")
        host.run("ip", "link", "add", "br0", "type", "bridge")
        host.run("ip", "link", "set", "va", "master", "br0", "mtu", "1400", "up")
        host.run("ip", "link", "set", "vb", "up")
        host.run("ip", "addr", "add", "10.9.8.7/24", "dev", "vb")
        host.run("ip", "-6", "addr", "add", "fd09::1/64", "dev", "vb", "nodad")
        found = {link.name: link for link in host.inside(interfaces)}
        assert (found["va"].kind, found["br0"].kind) == ("veth", "bridge")
        assert (found["va"].master, found["va"].peer) == ("br0", "vb")
        assert (found["va"].mtu, found["va"].up, found["br0"].up) == (1400, True, False)
        assert found["vb"].addresses[:2] == ("10.9.8.7/24", "fd09::1/64")
        assert len(found["va"].mac) == 17
        local = host.inside(local_addresses)
        assert {address.split("10.9.8.7"), address.split("fd09::1")} <= local

    def test_the_peer_of_another_namespace_has_no_name_here(self) -> None:
        with Lab() as lab:
            left, right = lab.host("a"), lab.host("b")
            lab.wire(left, right)
            found = {link.name: link for link in left.inside(interfaces)}
        assert found["eth0"].peer == ""

    def test_counters_count(self, host: Host) -> None:
        host.run("ping", "-c", "1", "-q", "127.0.0.1", check=False)
        sender = host.socket(kind=2)
        before = host.inside(interfaces)[0].counters
        sender.sendto(b"x" * 100, ("127.0.0.1", 9))
        after = host.inside(interfaces)[0].counters
        sender.close()
        assert after.tx_packets > before.tx_packets
        assert after.tx_bytes - before.tx_bytes >= 128

    def test_news_of_links_that_come_change_names_and_go(self, host: Host) -> None:
        def story() -> list[list[tuple[str, str]]]:
            told = []
            with Watcher() as watcher:
                told.append(events(watcher.changes()))
                host.run("ip", "link", "add", "br1", "type", "bridge")
                told.append(events(watcher.changes(2)))
                host.run("ip", "link", "set", "br1", "name", "br2")
                told.append(events(watcher.changes(2)))
                host.run("ip", "addr", "add", "10.1.1.1/24", "dev", "br2")
                told.append(events(watcher.changes(2)))
                host.run("ip", "link", "del", "br2")
                told.append(events(watcher.changes(2)))
            return told

        assert host.inside(story) == [
            [],
            [("new", "br1")],
            [("renamed", "br2")],
            [("changed", "br2")],
            [("gone", "br2")],
        ]

    def test_lost_news_loses_nothing(self, host: Host) -> None:
        script = (
            "".join(f"link add b{n} type bridge\nlink del b{n}\n" for n in range(40))
            + "link add last type bridge\n"
        )

        def story() -> list[Change]:
            with Watcher() as watcher:
                host.run("sh", "-c", f"ip -batch - <<'X'\n{script}X")
                return watcher.changes(2)

        assert ("new", "last") in events(host.inside(story))
