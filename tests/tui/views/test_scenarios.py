"""Scenarios with their timelines, run and steered."""

from __future__ import annotations

from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_a_timeline_and_where_it_is() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("0", "S")
        assert "|===========/////////....|" in text
        assert "running 10 s of 40 s" in text
        assert "odd.toml:3: no step" in await driver.press("j")

    app = drive(story)
    assert app.view is not None
    assert app.view.NAME == "scenarios"


def test_it_is_run_paused_and_ended() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        await driver.press("0", "S", "R", "P", "X")
        host.data["scenario"][0]["state"] = "paused"
        await driver.look()
        await driver.press("P")

    drive(story, host=host)
    orders = [(order, subject.get("order")) for order, subject in host.orders if order != "timeline"]
    assert orders == [("play", None), ("steer", "pause"), ("steer", "stop"), ("steer", "resume")]
    assert all(subject["name"] == "train" for _, subject in host.orders)


def test_a_refusal_is_said_and_nothing_under_the_cursor_too() -> None:
    host = FakeHost()
    host.refused = {"play"}

    async def story(driver: Driver) -> None:
        assert "play: not here" in await driver.press("0", "S", "R")
        host.data["scenario"].clear()
        await driver.look()
        assert "no scenario is under the cursor" in await driver.press("R")

    drive(story, host=host)
    assert host.orders[-1][0] == "play"
