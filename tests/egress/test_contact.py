"""Flows as contacts."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.egress.contact import Who, contacts, inward, outside
from procwire.model.process import EXACT, Owner
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.store.reader import stored
from tests.detect.made import ABROAD, CLIENT, flow, process, program

READ = contacts(FLOWS)


def test_a_flow_of_a_program() -> None:
    curl = process(unit="cron.service", executable=program("/usr/bin/curl", sha256="ab"))
    made = flow(owner=curl, server_name="Example.COM.")
    found = READ(FlowRow(made))
    assert found is not None
    assert found.who == Who(
        exe="/usr/bin/curl", process="curl", unit="cron.service", host=CLIENT, sha256="ab"
    )
    assert (found.target, found.address, found.port, found.proto) == ("example.com", ABROAD, 443, "tcp")
    assert found.owned
    unknown = READ(FlowRow(flow()))
    assert unknown is not None
    assert not unknown.owned
    assert (unknown.who, unknown.target) == (Who(host=CLIENT), ABROAD)


def test_both_ends_on_this_host() -> None:
    made = flow()
    made.owner = Owner(
        process=process("/usr/sbin/nginx"), confidence=EXACT, side="dst", peer=process("/usr/bin/wget")
    )
    found = READ(FlowRow(made))
    assert found is not None
    assert (found.who.exe, found.who.process) == ("/usr/bin/wget", "wget")
    row = [column.get(FlowRow(made)) for column in FLOWS]
    kept = contacts(stored(FLOWS))(row)
    assert kept is not None
    assert kept.who == Who(process="wget", host=CLIENT)


@pytest.mark.parametrize(
    "made",
    [
        {"dst": "224.0.0.251"}, {"dst": "127.0.0.1"}, {"dst": "255.255.255.255"},
        {"dst": "ff02::2", "src": "fe80::1"},
        {"opener_seen": False}, {"src": ABROAD, "dst": CLIENT}, {"proto": 1, "icmp_type": 3},
    ],
)  # fmt: skip
def test_what_is_none(made: dict[str, Any]) -> None:
    kind = made.pop("icmp_type", None)
    seen = made.pop("opener_seen", True)
    one = flow(**made)
    one.opener_seen = seen
    if kind is not None:
        one.sport = kind
        one.dport = 0
    row = FlowRow(one)
    if kind is not None and FLOWS.column("icmp_type").get(row) != kind:
        pytest.fail("the flow is not made as the tracker makes it")
    assert READ(row) is None


def test_addresses() -> None:
    assert outside("10.0.0.1")
    assert not outside("")
    assert not outside("::")
    assert not inward("10.0.0.1", "10.0.0.2")
    assert not inward("10.0.0.1", ABROAD)
    assert inward("", ABROAD)
