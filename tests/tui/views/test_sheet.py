"""One row, whole."""

from __future__ import annotations

from procwire.model.columns import Kind
from procwire.model.tables import FLOWS
from procwire.tui.views.sheet import entry, exactly, sheet


def test_unknown_columns_are_left_out() -> None:
    lines = sheet(FLOWS, {"process": "curl", "server_name": None}, 100)
    text = "\n".join("".join(piece[0] for piece in line) for line in lines)
    assert "curl" in text
    assert "server_name" not in text


def test_sizes_are_exact_too() -> None:
    assert exactly(Kind.SIZE, 1_234_567) == "1.2 MB  (1,234,567 bytes)"
    assert exactly(Kind.TIME, 1).startswith("1970-01-01T00:00:00.000000001Z")


def test_long_values_go_over_several_lines() -> None:
    assert len(entry("cmdline", "word " * 40, "What.", 60)) > 3
