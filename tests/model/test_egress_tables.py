"""Rows that are held against a policy."""

from __future__ import annotations

from procwire.model.egress_tables import EGRESS, EgressRow


def test_what_is_not_known_is_not_said() -> None:
    row = EgressRow(id="a", verdict="unused", program="/x", to="any", proto="any", port="any", exe="/x")
    read = {column.name: column.get(row) for column in EGRESS}
    assert (read["exe"], read["flows"]) == ("/x", 0)
    assert {name for name, value in read.items() if value is None} == {
        "first", "last", "process", "unit", "container", "host", "sha256", "note",
    }  # fmt: skip
