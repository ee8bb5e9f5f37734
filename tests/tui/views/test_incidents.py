"""The screen for incidents shows the table where there is one."""

from __future__ import annotations

from procwire.tui.views.incidents import IncidentsView
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_a_recorder_is_asked_to_freeze() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        assert "freezed" in await driver.press("8", "F")

    drive(story, host=host)
    assert host.orders == [("freeze", {})]


def test_it_is_over_the_table_of_incidents() -> None:
    assert IncidentsView.TABLE == "incident"
    assert "--write" in IncidentsView.ALSO
