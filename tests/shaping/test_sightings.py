"""Which flows an impairment touches."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from procwire.model.flow import Flow
from procwire.model.process import Owner, ProcessRef
from procwire.model.rows import FlowRow, RowContext
from procwire.shaping.board import Notice
from procwire.shaping.sightings import Sightings

OWN = 7


class Named(RowContext):
    """Interface 1 is eth0."""

    def interface(self, index: int) -> str | None:
        return {1: "eth0", 2: "eth1"}.get(index)


def row(**values: object) -> FlowRow:
    flow = Flow()
    given: dict[str, object] = {"number": 1, "first": 100, "last": 200, "proto": 6,
                                "sport": 5000, "dport": 443,
                                "family": 4, "interface": 1, **values}  # fmt: skip
    for name, text in (("src", given.pop("src", "10.0.0.1")), ("dst", given.pop("dst", "10.0.0.2"))):
        given[f"{name}_lo"] = int(ip_address(str(text)))
    for name, value in given.items():
        setattr(flow, name, value)
    return FlowRow(flow, Named())


def process(**values: object) -> Owner:
    given: dict[str, object] = {"pid": 9, "start": 1, "name": "x", **values}
    return Owner(process=ProcessRef(**given), confidence="exact")  # type: ignore[arg-type]


def told(notice: Notice, one: FlowRow) -> str | None:
    sightings = Sightings(OWN)
    sightings.take([notice], list, 150)
    return sightings.impairment(one)


ETH0 = Notice(
    id="a", target="eth0", words="egress loss 3%", namespace=OWN, interfaces=("eth0",), since_ns=150
)


def test_flows_of_the_interface_are_touched() -> None:
    assert told(ETH0, row()) == "eth0 egress loss 3%"
    assert told(ETH0, row(interface=2)) is None
    assert told(Notice(id="a", target="eth0", words="", namespace=8, interfaces=("eth0",)), row()) is None


def test_a_flow_that_ended_before_is_not() -> None:
    assert told(ETH0, row(last=149)) is None


def test_a_flow_that_began_after_the_end_is_not() -> None:
    sightings = Sightings(OWN)
    sightings.take([ETH0], list, 150)
    sightings.take([], list, 300)
    assert sightings.impairment(row(first=250, last=400)) is not None
    assert sightings.impairment(row(first=301, last=400)) is None


@pytest.mark.parametrize(
    ("target", "owner", "touched"),
    [
        ("process:9", process(), True),
        ("process:8", process(), False),
        ("unit:a.service", process(unit="a.service"), True),
        ("cgroup:/a", process(cgroup="/a/b"), True),
        ("cgroup:/a", process(cgroup="/ab"), False),
        ("container:web", process(container="web"), True),
        ("container:web", process(container="db"), False),
        ("unit:a.service", None, False),
    ],
)
def test_owners(target: str, owner: Owner | None, touched: bool) -> None:
    notice = Notice(id="a", target=target, words="w", namespace=OWN, interfaces=("eth1",))
    assert (told(notice, row(owner=owner)) is not None) is touched


def test_a_commands_own_network() -> None:
    notice = Notice(id="r", target="command curl", words="w", networks=("10.0.0.0/30",))
    assert told(notice, row()) == "command curl w"
    assert told(notice, row(src="10.0.0.9", dst="10.0.0.10")) is None


def test_what_a_command_sends_leaves_by_the_process_that_carries_it() -> None:
    notice = Notice(id="r", target="command curl", words="w", networks=("10.0.0.0/30",), pid=9)
    outside = {"src": "192.0.2.1", "dst": "192.0.2.2"}
    assert told(notice, row(owner=process(), **outside)) == "command curl w"
    assert told(notice, row(owner=process(pid=8), **outside)) is None
    assert told(notice, row(**outside)) is None


@pytest.mark.parametrize(
    ("text", "touched"),
    [("port=443", True), ("peer=10.0.0.2 port=443", True), ("peer=10.0.0.1 local_port=443", True),
     ("port=5000", True),
     ("peer=10.0.0.2 port=80", False), ("protocol=udp", False), ("peer=192.0.2.0/24", False)],
)  # fmt: skip
def test_selectors(text: str, touched: bool) -> None:
    notice = Notice(id="a", target="eth0", words="w", namespace=OWN, interfaces=("eth0",), selectors=(text,))
    assert (told(notice, row()) is not None) is touched


def test_before_is_of_the_moment_in_which_it_was_seen() -> None:
    sightings, one = Sightings(OWN), row(srtt=5_000_000, retransmissions_out=2)
    sightings.take([ETH0], lambda: [one], 150)
    one.flow.srtt, one.flow.retransmissions_out = 90_000_000, 30
    before = sightings.before(one)
    assert before is not None
    assert before[0] == 5_000_000
    assert sightings.before(row(number=2)) is None


def test_what_is_not_understood_touches_nothing() -> None:
    assert told(Notice(id="a", target="eth0", words="", selectors=("colour=red",)), row()) is None
    assert told(Notice(id="a", target="namespace:", words=""), row()) is None
