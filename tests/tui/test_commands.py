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
