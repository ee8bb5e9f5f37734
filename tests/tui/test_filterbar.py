"""The filter's line: offers, carets, history."""

from __future__ import annotations

from procwire.model.tables import FLOWS
from procwire.tui.filterbar import fault
from procwire.tui.settings import Settings
from tests.tui.driving import Driver, drive


def test_a_fault_is_shown_under_a_caret_and_not_applied() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "slash")
        text = await driver.type("proces == curl")
        lines = text.splitlines()
        assert any("^^^^^^ " in line and "proces" in line for line in lines)
        assert "did you mean" in text
        await driver.press("enter")
        assert driver.app.view is not None
        assert driver.app.view.filter_text == ""
        await driver.press("escape")
        assert "^^^^^^" not in driver.text()

    assert drive(story) is not None


def test_tab_completes_names_and_values() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "slash")
        await driver.type("owner_c")
        assert "owner_confidence " in await driver.press("tab")
        await driver.type("== exact")
        assert "filter owner_confidence == exact" in await driver.press("enter")

    assert drive(story).settings.filters == ["owner_confidence == exact"]


def test_earlier_filters_are_recalled() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "slash", "up")
        assert "filter proto == udp" in await driver.press("enter")

    assert drive(story, settings=Settings(filters=["proto == udp"])) is not None


def test_an_empty_filter_is_none() -> None:
    assert fault("  ", FLOWS, now=0) is None
    assert fault("nonsense ==", FLOWS, now=0) is not None
