"""Queries."""

from __future__ import annotations

from tests.tui.driving import Driver, drive


def test_a_query_is_written_completed_and_answered() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("9")
        await driver.type("select * from flo")
        assert "select * from flow\n" in await driver.press("tab")
        assert "8 rows" in await driver.press("enter")

    assert drive(story).settings.queries == ["select * from flow"]


def test_a_wrong_query_is_said_and_can_be_mended() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("9")
        await driver.type("select 1")
        assert "no table is named" in await driver.press("enter")
        await driver.type(" from flow")
        assert "8 rows" in await driver.press("enter")

    assert drive(story) is not None


def test_an_answer_is_ordered_here() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("9", "enter", "greater_than_sign")
        await driver.press("greater_than_sign", "greater_than_sign")
        assert "▼" in driver.text()

    assert drive(story) is not None


def test_an_earlier_query_is_recalled() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("9")
        await driver.type("select 2 from flow")
        await driver.press("enter", "i", "up")
        assert "select 2 from flow" in driver.text()

    assert drive(story) is not None
