"""Columns of what was made bad on purpose."""

from __future__ import annotations

from procwire.model.flow import Flow
from procwire.model.rows import FlowRow, GroupRow, RowContext, Shaped
from procwire.model.shaped_tables import SHAPED, SHAPED_GROUP
from procwire.model.tables import FLOWS


class Known:
    """Knows of one impairment."""

    def impairment(self, row: FlowRow) -> str | None:
        return "eth0 egress loss 3%"

    def before(self, row: FlowRow) -> tuple[int | None, int | None] | None:
        return 5_000, None


def values(impaired: object) -> list[object]:
    context = RowContext()
    context.impaired = impaired
    row = FlowRow(Flow(), context)
    return [column.get(row) for column in SHAPED]


def test_without_anybody_who_knows_nothing_is_said() -> None:
    assert values(None) == [None, None, None]
    assert {column.name for column in SHAPED} <= {column.name for column in FLOWS.columns}


def test_what_is_known_is_said() -> None:
    assert values(Known()) == ["eth0 egress loss 3%", 5_000, None]


def test_a_group_tells_of_those_of_its_flows_that_were_made_bad() -> None:
    told = Shaped(names=["a", "b"], round_trips=[900, 3], before=[100, 2], resent=7, resent_before=2)
    row = GroupRow(group="curl", shaped=told)
    assert [column.get(row) for column in SHAPED_GROUP] == ["a; b", 50, 300, 2, 5]
    assert [column.get(GroupRow(group="curl")) for column in SHAPED_GROUP] == [None] * 5
    unknown = GroupRow(group="curl", shaped=Shaped(names=["a"]))
    assert [column.get(unknown) for column in SHAPED_GROUP] == ["a", None, None, 0, 0]
