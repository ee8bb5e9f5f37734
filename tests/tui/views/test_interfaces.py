"""Interfaces with their rates."""

from __future__ import annotations

from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_rates_are_those_of_the_counters() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        await driver.look(3)
        text = await driver.press("6")
        row = next(line for line in text.splitlines() if line.strip().startswith("eth0 "))
        assert "1.0 MB/s" in row
        assert "333 kB/s" in row
        assert "── eth0 in" in text
        assert "── lo in" in await driver.press("j")

    drive(story, host=host)
    assert all("in" not in want.columns for want in host.asked if want.table == "interface")


def test_on_a_narrow_screen_rates_stay_whole() -> None:
    async def story(driver: Driver) -> None:
        await driver.look(3)
        text = await driver.press("6")
        assert "1.0 MB/s   333 kB/s" in text
        assert "10.0.0.5/24" in text

    drive(story, size=(80, 24))


def test_enter_shows_its_flows() -> None:
    async def story(driver: Driver) -> None:
        assert 'filter interface == "eth0"' in await driver.press("6", "enter")

    assert drive(story) is not None
