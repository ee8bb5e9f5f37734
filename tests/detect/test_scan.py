from __future__ import annotations

import pytest

from procwire.detect.contract import SECOND
from procwire.detect.scan import Scan
from tests.detect.made import flow, lived, process

VICTIM = "10.0.0.9"


def test_many_ports_of_one_host() -> None:
    (found,) = lived(Scan(), [flow(VICTIM, 1 + at, at=at / 50, answered=at in (22, 80)) for at in range(100)])
    assert found.target == VICTIM
    assert found.detail == "vertical scan: 20 ports of 1 host, 100% without an answer"
    assert found.attack == ("T1046",)
    assert len(found.flows) == 20


def test_one_port_of_many_hosts() -> None:
    (found,) = lived(Scan(), [flow(f"10.0.1.{at}", 445, at=at / 10, answered=at < 3) for at in range(1, 40)])
    assert (found.target, found.port) == ("20 hosts", 445)
    assert found.score == pytest.approx(18 / 20)


def test_a_few_ports_of_a_few_hosts() -> None:
    flows = [flow(f"10.0.1.{at // 8}", 8000 + at % 8, at=at / 10, answered=False) for at in range(8, 88)]
    assert [one.detail.split(":")[0] for one in lived(Scan(), flows)] == ["block scan"]


def test_it_is_told_while_it_goes_on_and_once() -> None:
    flows = [flow(VICTIM, 1 + at, at=at / 10, answered=False) for at in range(1000)]
    found = lived(Scan(), flows, finish=False)
    assert len(found) == 1
    assert found[0].count < 100


def test_a_short_one_is_told_when_time_has_passed_without_packets() -> None:
    scan, flows = Scan(), [flow(VICTIM, 1 + at, at=at / 1000, answered=False) for at in range(60)]
    begun = flows[0].first
    assert lived(scan, flows, finish=False) == []
    assert list(scan.ticked(begun + SECOND // 2)) == []
    (found,) = scan.ticked(begun + 2 * SECOND)
    assert found.detail == "vertical scan: 60 ports of 1 host, 100% without an answer"
    assert list(scan.ticked(begun + 4 * SECOND)) == []
    assert list(scan.finish(begun + 5 * SECOND)) == []


def test_the_program_that_scans_is_named() -> None:
    nmap = process("/usr/bin/nmap")
    (found,) = lived(
        Scan(), [flow(VICTIM, 1 + at, at=at / 50, answered=False, owner=nmap) for at in range(50)]
    )
    assert (found.process, found.pid, found.exe) == ("nmap", 77, "/usr/bin/nmap")


@pytest.mark.parametrize(
    "flows",
    [
        [flow(f"198.51.100.{at}", 443, at=at / 10) for at in range(1, 200)],  # a browser, a crawler
        [flow(f"198.51.100.{at}", 53, at=at / 10, proto=17, answered=at % 5 > 0) for at in range(1, 200)],
        [flow(f"198.51.100.{at}", at, at=at, answered=False, app="bittorrent") for at in range(200)],
        [flow("224.0.0.251", 5353 + at, at=at / 10, proto=17, answered=False) for at in range(100)],
        [flow(VICTIM, 1 + at, at=at * 10, answered=False) for at in range(100)],  # ten minutes apart is slow
        [flow(VICTIM, 443, at=at / 10, answered=False) for at in range(100)],  # one port, again and again
        [flow(VICTIM, 1 + at, at=at / 10, answered=False, opener_seen=False) for at in range(100)],
    ],
    ids=["browser", "resolver", "torrent", "multicast", "slow", "retries", "begun-before"],
)  # fmt: skip
def test_what_is_harmless_is_left_alone(flows: list[object]) -> None:
    assert lived(Scan(), flows) == []
