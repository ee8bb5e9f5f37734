"""A screen over any declared table."""

from __future__ import annotations

from procwire.tui.settings import Settings
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_every_column_can_order() -> None:
    host = FakeHost(10)

    async def story(driver: Driver) -> None:
        await driver.press("2")
        for name in [column.name for column in driver.app.tables["flow"]][:25]:
            driver.app.view.set_order(name)  # type: ignore[union-attr]
            await driver.settle()

    drive(story, host=host)
    assert len({want.order for want in host.asked if want.table == "flow"}) >= 25


def test_settings_of_another_time_are_used() -> None:
    settings = Settings()
    settings.view("flows").columns = ("dst", "bytes")
    settings.view("flows").order = "dst"

    async def story(driver: Driver) -> None:
        text = await driver.press("2")
        assert text.splitlines()[2].split()[:2] == ["dst▼", "bytes"]

    assert drive(story, settings=settings) is not None


def test_no_match_is_not_no_row() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "slash")
        await driver.type("process == nobody")
        assert "nothing matches the filter" in await driver.press("enter")
        assert "60 flows" in await driver.press("escape")

    assert drive(story) is not None
