from __future__ import annotations

import socket
import sys
from functools import partial

import pytest

from procwire.accounting.identity import KINDS_SEEN, Books, Reading, read, settle, survey
from procwire.accounting.source import KernelSource, Wishes
from procwire.bpf.accounts import KINDS, Shown
from procwire.capture.interfaces import Counters, LinkState
from procwire.model.accounting import AccountingRow
from procwire.processes.kernel import namespace_cookie
from tests.bpf.kernel import need_bpf
from tests.lab import Host, pair, why_not

SENDER = """
import socket, sys
outlets = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(8)]
for number, outlet in enumerate(outlets): outlet.connect((sys.argv[1], 9000 + number % 2))
for number in range(int(sys.argv[2])):
    try: outlets[number % 8].send(bytes(64))
    except ConnectionRefusedError: pass
socket.socket(type=socket.SOCK_DGRAM).sendto(bytes(4000), (sys.argv[1], 9000))
"""
KINDS_OF = ("attributed", "no_socket", "other_ip", "fragments", "tunnels", "not_ip")


def books(**packets: int) -> Books:
    """Packets in, by kind; of each joined one the wire had two."""
    numbers = {kind: packets.get(kind.replace("-", "_"), 0) for kind in KINDS}
    return {kind: Shown((n, 0), (0, 0), (2 * n, 0)) for kind, n in numbers.items()}


def reading(counted: int, before: Books, after: Books | None = None, kind: str = "veth") -> Reading:
    link = LinkState(index=2, name="eth0", kind=kind, counters=Counters(rx_packets=counted))
    return Reading(link, before, before if after is None else after, 0)


def answers(row: AccountingRow) -> int:
    return sum(getattr(row, name) for name in KINDS_OF)


def test_every_kind_that_is_seen_has_its_column() -> None:
    end = books(plain=9, sockets=4, other_ip=3, fragments=1, tunnels=1, not_ip=1)
    row = settle(reading(100, books()), reading(115, end), 0, 1.0)
    assert (row.packets, row.attributed, row.no_socket, row.other_ip) == (15, 4, 5, 3)
    assert answers(row) == 15
    assert row.unexplained == 0
    assert set(KINDS_SEEN) | {"sockets"} == set(KINDS)


def test_hardware_counts_what_was_on_the_wire() -> None:
    row = settle(reading(0, books(), kind="ethernet"), reading(20, books(plain=10), kind="ethernet"), 0, 1.0)
    assert (row.no_socket, row.unexplained) == (20, 0)


@pytest.mark.parametrize(("counted", "unexplained"), [(10, 0), (12, 0), (14, 2), (9, -3)])
def test_only_what_passed_between_two_looks_may_differ(counted: int, unexplained: int) -> None:
    end = reading(counted, books(plain=10), books(plain=12))
    assert settle(reading(0, books()), end, 0, 1.0).unexplained == unexplained


def test_a_datagram_that_several_sockets_took_is_one_packet() -> None:
    row = settle(reading(0, books()), reading(5, books(plain=5, sockets=15)), 0, 1.0)
    assert (row.attributed, row.no_socket) == (5, 0)


def test_what_a_socket_sends_as_one_and_the_kernel_cuts_is_all_the_socket_s() -> None:
    end = books(plain=123) | {
        "sockets": Shown((2, 0), (0, 0), (120, 0)),
        "plain": Shown((123, 0), (0, 0), (123, 0)),
    }
    row = settle(reading(0, books()), reading(123, end), 0, 1.0)
    assert (row.attributed, row.no_socket, row.unexplained) == (120, 3, 0)


def opened(host: Host) -> KernelSource:
    """A source inside a host."""
    return host.inside(lambda: KernelSource(Wishes(content=False), home=namespace_cookie()))


def accounts(host: Host, source: KernelSource, first: dict[int, Reading]) -> dict[str, AccountingRow]:
    """The wire's rows since ``first``, by direction."""
    last = host.inside(lambda: read(source))
    (index,) = [index for index, end in last.items() if end.link.name == "eth0"]
    return {way: settle(first[index], last[index], side, 1.0) for side, way in enumerate(("in", "out"))}


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_the_identity_holds_under_a_flood() -> None:
    need_bpf()
    with pair() as (_, client, server):
        taker = server.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taker.bind(("10.77.0.2", 9000))  # half of the flood; the other half finds nobody
        sources = [(host, opened(host)) for host in (client, server)]
        with taker:
            first = [host.inside(partial(read, source)) for host, source in sources]
            client.run(sys.executable, "-c", SENDER, "10.77.0.2", "40000")
            sent, took = [accounts(*each, start) for each, start in zip(sources, first, strict=True)]
        for _, source in sources:
            source.close()
    for row in (*sent.values(), *took.values()):
        assert row.unexplained == 0
        assert answers(row) == row.packets
    assert sent["out"].packets > 20_000
    assert sent["out"].attributed >= sent["out"].packets - 100  # ARP, and what the kernel says itself
    assert took["in"].attributed > 15_000
    assert took["in"].no_socket > 1000
    assert took["in"].fragments >= 3


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_balance_is_of_every_interface_and_of_loopback_once() -> None:
    need_bpf()
    with pair() as (_, client, _server):
        rows = client.inside(lambda: survey(0.3, home=namespace_cookie(), stopped=lambda: False))
    assert [(row.interface, row.direction) for row in rows] == [("lo", "in"), ("eth0", "in"), ("eth0", "out")]
    assert all(0.3 <= row.seconds < 60 for row in rows)
    assert not any(row.unexplained for row in rows)
