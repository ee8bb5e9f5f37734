"""Groups add up, stay bounded, and keep guesses apart."""

from __future__ import annotations

import io

import pytest

from procwire.cli.output import groups
from procwire.cli.output.groups import HOST, KEYS, MIXED, NOBODY, OTHERS, Groups
from procwire.cli.output.json_lines import JsonLines
from procwire.model.flow import Flow
from procwire.model.frames import INBOUND
from procwire.model.process import EXACT, LISTENER, Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.model.tables import GROUPS
from tests.model.test_tables import a_flow


def owned(name: str, confidence: str = EXACT, container: str = "") -> Flow:
    flow = a_flow()
    process = ProcessRef(pid=1, start=1, name=name, container=container)
    flow.owner = Owner(process=process, confidence=confidence)
    return flow


def names(by: str, *flows: Flow) -> list[tuple[str, str, int]]:
    found = Groups(by)
    for flow in flows:
        found.add(FlowRow(flow))
    return [(group.group, group.confidence, group.flows) for group in found.rows()]


def test_by_process() -> None:
    found = names("process", owned("curl"), owned("curl", LISTENER), owned("sshd"), a_flow())
    assert found == [("curl", MIXED, 2), (NOBODY, "unknown", 1), ("sshd", EXACT, 1)]


def test_by_container_and_unit() -> None:
    assert names("container", owned("a", container="c1"), owned("b")) == [(HOST, EXACT, 1), ("c1", EXACT, 1)]
    assert names("unit", a_flow()) == [(NOBODY, "unknown", 1)]


def test_by_remote() -> None:
    inward = a_flow()
    inward.heading = INBOUND
    assert {name for name, _, _ in names("remote", a_flow(), inward)} == {"192.0.2.7", "10.0.0.1"}


def test_by_protocol_guesses_stand_apart() -> None:
    sure, guess = a_flow(), a_flow()
    sure.app, sure.app_confidence = "tls", "content"
    guess.app, guess.app_confidence = "tls", "port-guess"
    found = names("protocol", sure, guess, a_flow())
    assert found == [("tcp", "unknown", 1), ("tls", "content", 1), ("tls", "port-guess", 1)]


@pytest.mark.parametrize("by", sorted(KEYS))
def test_sums(by: str) -> None:
    found = Groups(by)
    for _ in range(3):
        found.add(FlowRow(a_flow()))
    (group,) = found.rows()
    assert (group.flows, group.packets, group.bytes_out, group.bytes_in) == (3, 15, 900, 6000)
    assert group.rate == pytest.approx(6900 / 1.5)
    (both,) = found.rows([FlowRow(a_flow())])
    assert both.flows == 4
    assert found.rows()[0].flows == 3


def test_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_GROUPS", 2)
    found = names("process", owned("a"), owned("b"), owned("c"), owned("d"), owned("a"))
    assert (OTHERS, "", 2) in found
    assert ("a", EXACT, 2) in found


def test_most_bytes_first_and_a_limit() -> None:
    found = Groups("process")
    big = owned("big")
    big.bytes_in = 10**9
    for flow in (owned("small"), big):
        found.add(FlowRow(flow))
    assert [group.group for group in found.rows(limit=1)] == ["big"]


def test_groups_are_rows_like_any_other() -> None:
    found = Groups("process")
    found.add(FlowRow(owned("curl")))
    stream = io.BytesIO()
    output = JsonLines(stream, GROUPS)
    output.write(found.rows()[0])
    output.finish()
    assert stream.getvalue().startswith(
        b'{"schema":"procwire.group/1","group":"curl","confidence":"exact","flows":1,'
    )
