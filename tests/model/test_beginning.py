"""What flows said first, as a table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from procwire.model.beginning import BEGINNINGS, BeginningRow, read, written
from tests.model.test_tables import a_flow, values

PIECE = SimpleNamespace(side=1, now=5, layer="tls", missing=7, data=b"\x00hello")


def test_a_piece_is_read_as_it_was_written() -> None:
    assert read(written(PIECE)) == ("in", 5, "tls", 7, b"\x00hello")
    with pytest.raises(ValueError, match=r"unpack|hex"):
        read("out 1 payload")


def test_content_is_put_together_once_and_only_where_it_is_read() -> None:
    told: list[Any] = []

    def tell(flow: Any) -> tuple[list[Any], list[str]]:
        told.append(flow)
        return [PIECE], ["why"]

    row = BeginningRow(a_flow(), SimpleNamespace(kept=lambda _: (0, 6), told=tell))
    assert BEGINNINGS.column("kept_in").get(row) == 6
    assert told == []
    found = values(BEGINNINGS, row)
    assert (found["said"], found["unread"], len(told)) == ([written(PIECE)], ["why"], 1)
    assert found["flow_id"] == row.flow.flow_id
