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
from procwire.model.rows import FlowRow, RowContext, Shaped
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


class Known:
    """Knows that one flow's packets are delayed, and how it was before."""

    def __init__(self, touched: Flow, before: tuple[int | None, int | None]) -> None:
        self.touched, self.told = touched, before

    def impairment(self, row: FlowRow) -> str | None:
        return "eth0 egress delay 50ms" if row.flow is self.touched else None

    def before(self, row: FlowRow) -> tuple[int | None, int | None] | None:
        return self.told if row.flow is self.touched else None


def test_how_a_process_was_before_it_was_made_bad_and_since() -> None:
    flows = [owned("curl"), owned("curl"), owned("wget")]
    flows[0].srtt = 60_000_000
    flows[1].srtt = 7
    context = RowContext()
    context.impaired = Known(flows[0], (10_000_000, 1))
    found, parts = Groups("process"), [Groups("process"), Groups("process")]
    for flow in flows:
        found.add(FlowRow(flow, context))
        for each in parts:
            each.add(FlowRow(flow, context))
    told = {row.group: row.shaped for row in found.rows()}
    assert told["wget"] is None
    assert told["curl"] == Shaped(
        names=["eth0 egress delay 50ms"], round_trips=[60_000_000, 1], before=[10_000_000, 1],
        resent=0, resent_before=1,
    )  # fmt: skip
    joined = Groups.joined(each.harvest() for each in parts)
    assert joined is not None
    both = next(tally.row() for (name, _), tally in joined.items() if name == "curl").shaped
    assert both is not None
    assert (both.names, both.round_trips) == (["eth0 egress delay 50ms"], [120_000_000, 2])
