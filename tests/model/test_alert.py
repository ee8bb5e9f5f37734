"""Facts of a flow that an alert carries."""

from __future__ import annotations

from procwire.model.alert import FACTS, facts_of
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS


def test_facts_of_a_flow() -> None:
    flow = Flow()
    flow.family, flow.proto, flow.src_lo, flow.dst_lo, flow.sport, flow.dport = (
        4,
        6,
        0x0A000001,
        0xC0000201,
        5,
        443,
    )
    flow.app = "tls"
    found = facts_of(FlowRow(flow), {column.name: column for column in FLOWS})
    assert (found["src"], found["dst_port"], found["app"]) == ("10.0.0.1", 443, "tls")
    assert "server_name" not in found


def test_every_fact_is_a_column_of_a_flow() -> None:
    assert set(FACTS) <= {column.name for column in FLOWS}
