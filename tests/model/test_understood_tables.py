"""What protocols say of a flow."""

from __future__ import annotations

from procwire.model.rows import FlowRow
from procwire.model.understood_tables import UNDERSTOOD
from tests.dpi.flows import flow


def test_values_come_from_the_flow_and_its_facts() -> None:
    one = flow()
    one.app, one.facts["announced_by"] = "rtp", "0011223344556677"
    row = FlowRow(one)
    values = {column.name: column.get(row) for column in UNDERSTOOD}
    assert (values["app"], values["announced_by"], values["alpn"]) == ("rtp", "0011223344556677", None)
