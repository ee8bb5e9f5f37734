"""The screen for incidents shows the table where there is one."""

from __future__ import annotations

from procwire.tui.views.incidents import IncidentsView


def test_it_is_over_the_table_of_incidents() -> None:
    assert IncidentsView.TABLE == "incident"
    assert "--write" in IncidentsView.ALSO
