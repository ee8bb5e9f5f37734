from __future__ import annotations

from procwire.model.flow import Flow
from procwire.model.kernel import KernelView
from procwire.model.kernel_tables import KERNEL
from procwire.model.rows import FlowRow, RowContext
from procwire.model.tables import FLOWS


class Live(RowContext):
    """A watch by packet sockets alone."""

    source = "tap"


def test_every_column_is_one_of_a_flow_and_not_known_without_the_kernel() -> None:
    names = [column.name for column in FLOWS]
    for column in KERNEL:
        assert column.name in names
        assert column.get(FlowRow(Flow())) is None, column.name


def test_every_column_can_be_read_while_tcp_was_not_asked_yet() -> None:
    flow = Flow()
    flow.kernel = KernelView()
    for column in KERNEL:
        assert column.get(FlowRow(flow)) in (None, 0), column.name


def test_a_flow_that_the_kernel_does_not_count_was_seen_by_the_tap() -> None:
    assert FLOWS.column("source").get(FlowRow(Flow(), Live())) == "tap"
