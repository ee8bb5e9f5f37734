"""Screens on top of each other."""

from __future__ import annotations

from procwire.tui.body import Body
from procwire.tui.views.sheet import SheetView
from tests.tui.driving import Driver, drive


def test_screens_of_the_tabs_are_kept_and_others_go() -> None:
    async def story(driver: Driver) -> None:
        body = driver.app.query_one(Body)
        flows = body.named("flows")
        assert flows is not None
        await driver.press("2")
        assert body.view is flows
        sheet = SheetView("flow", {"process": "curl"})
        await driver.app.open_view(sheet)
        await driver.settle()
        assert body.stack == [flows, sheet]
        assert await body.undo()
        assert not sheet.is_attached
        assert body.base == "flows"
        assert not await body.undo()

    assert drive(story) is not None


def test_an_unknown_name_is_no_screen() -> None:
    async def story(driver: Driver) -> None:
        assert driver.app.query_one(Body).named("nonsense") is None

    assert drive(story) is not None
