"""One process."""

from __future__ import annotations

from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_a_process_has_flows_sockets_and_facts() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("3", "j", "enter")
        assert "curl 1000" in text
        assert "8 flows" in text
        assert "tcp  listen  0.0.0.0  443" in text
        assert "cmdline" in await driver.press("G")
        assert "filter pid == 1000" in await driver.press("e")

    assert drive(story, size=(120, 60)) is not None


def test_a_process_that_has_ended_is_said() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        await driver.press("3", "j")
        host.data["process"].clear()
        assert "not there any more" in await driver.press("enter")

    assert drive(story, host=host) is not None
