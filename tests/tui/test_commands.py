"""Commands by name."""

from __future__ import annotations

from procwire.tui.commands import commands
from procwire.tui.registry import SCREENS
from tests.tui.driving import Driver, drive


def test_every_key_and_every_screen_has_a_command() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2")
        view = driver.app.view
        assert view is not None
        names = {choice.name for choice, _ in commands(view)}
        assert {key.words for key in view.KEYS} <= names
        assert {f"go to {entry.title}" for entry in SCREENS} <= names

    assert drive(story) is not None


def test_values_of_commands_differ() -> None:
    async def story(driver: Driver) -> None:
        view = driver.app.view
        assert view is not None
        values = [choice.value for choice, _ in commands(view)]
        assert len(values) == len(set(values))

    assert drive(story) is not None


def test_what_other_screens_do_leads_there_and_says_the_key() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", ":")
        assert "Incidents: freeze" in await driver.type("freeze")
        text = await driver.press("enter")
        assert driver.app.view is not None
        assert driver.app.view.NAME == "incidents"
        assert "F: freeze what recorders hold" in text

    assert drive(story, size=(120, 30)) is not None


def test_what_is_not_called_so_is_said() -> None:
    async def story(driver: Driver) -> None:
        await driver.press(":")
        assert "nothing is called that" in await driver.type("xyzzy")

    assert drive(story) is not None
