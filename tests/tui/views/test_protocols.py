"""Protocols."""

from __future__ import annotations

from tests.tui.driving import Driver, drive


def test_protocols_lead_to_records_and_flows() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("4")
        assert "7 protocols" in text
        await driver.press("v")
        await driver.type("http")
        assert "http: 60 records" in await driver.press("enter")
        assert 'filter (app == "' in await driver.press("escape", "e")

    assert drive(story) is not None


def test_a_filter_is_about_flows() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("4", "slash")
        await driver.type("dst_port == 22")
        assert "1 protocol " in await driver.press("enter")

    assert drive(story) is not None
