"""Keys of one burst."""

from __future__ import annotations

from textual import events
from textual.keys import _character_to_key

from procwire.tui.turns import LEADS
from tests.tui.driving import LETTERS, Driver, drive


def burst(driver: Driver, *keys: str) -> None:
    """Keys at once, as they come over a slow line: none waits for what the one before it does."""
    for key in keys:
        letter = LETTERS.get(key, key if len(key) == 1 else None)
        driver.app.post_message(events.Key(_character_to_key(key) if len(key) == 1 else key, letter))


def test_what_is_typed_behind_a_slash_is_the_filter() -> None:
    async def story(driver: Driver) -> None:
        burst(driver, "2", "slash", *"pid == 1003", "enter")
        await driver.settle()
        assert "filter pid == 1003" in driver.text()

    drive(story)


def test_what_is_typed_behind_a_colon_narrows_commands() -> None:
    async def story(driver: Driver) -> None:
        burst(driver, "2", "colon", *"choose columns", "enter")
        await driver.settle()
        assert "tab, space: on or off" in driver.text()

    drive(story)


def test_a_query_is_typed_at_once() -> None:
    async def story(driver: Driver) -> None:
        burst(driver, "9", *"SELECT 1 AS one", "enter")
        await driver.settle()
        assert "SELECT 1 AS one" in driver.text()

    drive(story)


def test_keys_that_lead_elsewhere_are_known() -> None:
    assert {"slash", "colon"} <= LEADS
