"""The screen for shaping shows the table where there is one."""

from __future__ import annotations

from procwire.tui.views.shaping import ShapingView


def test_it_is_over_the_table_of_shaping() -> None:
    assert ShapingView.TABLE == "shaping"
    assert "procwire" in ShapingView.REMEDY
