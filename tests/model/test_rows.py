"""Rows: what an engine does not answer is not known."""

from __future__ import annotations

from procwire.model.flow import Flow
from procwire.model.packets import PacketTable
from procwire.model.process import NOT_LOOKED
from procwire.model.rows import FlowRow, GroupRow, RowContext


def test_the_empty_context_knows_nothing() -> None:
    context = RowContext()
    answers = (
        context.community_id(Flow()),
        context.encapsulation(1, 2),
        context.interface(1),
        context.state(1),
        context.fault(1),
        context.local(4, 0, 1),
        context.info(PacketTable(1), 0),
    )
    assert set(answers) == {None}


def test_a_flow_without_an_owner_was_not_looked_up() -> None:
    row = FlowRow(Flow())
    assert row.owner is NOT_LOOKED
    assert row.process is None


def test_a_group_has_a_rate_over_its_time() -> None:
    group = GroupRow(group="x", bytes_out=100, bytes_in=200, first=0, last=2_000_000_000)
    assert (group.bytes, group.rate) == (300, 150.0)
    assert GroupRow(group="x", bytes_out=100).rate is None
