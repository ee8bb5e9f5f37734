"""The screen for incidents: frozen from here, opened from here."""

from __future__ import annotations

from procwire.tui.views.incidents import IncidentsView
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost, Recorded


def test_a_recorder_is_asked_to_freeze_to_stop_and_to_go_on() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        assert "freezed" in await driver.press("8", "F")
        assert "disarmd" in await driver.press("X")
        assert "armd" in await driver.press("A")

    drive(story, host=host)
    assert host.orders == [("freeze", {}), ("disarm", {}), ("arm", {})]


def test_enter_leaves_the_screen_to_the_incident() -> None:
    async def story(driver: Driver) -> None:
        assert "high scan" in await driver.press("8", "i")
        await driver.press("q", "enter")

    app = drive(story)
    assert app.opening == "20261120T0022-scan"
    assert app.return_value == 0


def test_a_recording_says_what_would_keep_incidents() -> None:
    async def story(driver: Driver) -> None:
        assert "no flight recorder" in await driver.press("8")

    drive(story, host=Recorded())
    assert IncidentsView.TABLE == "incident"
    assert "--write" in IncidentsView.ALSO
