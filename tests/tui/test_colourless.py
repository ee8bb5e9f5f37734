"""No colour where none is wanted, and nothing that cannot be read instead."""

from __future__ import annotations

import pytest
from rich.color import ColorType

from procwire.tui import palette
from procwire.tui.settings import Settings
from tests.tui.driving import Driver, drive


def colours(driver: Driver) -> set[ColorType]:
    """The kinds of colour on the screen."""
    strips = driver.app.screen._compositor.render_strips(driver.app.size)
    styles = [part.style for strip in strips for part in strip if part.style is not None]
    return {each.type for style in styles for each in (style.color, style.bgcolor) if each is not None}


@pytest.mark.parametrize("asked", [True, False])
def test_without_colour_all_is_in_the_terminals_own(asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if asked:
        monkeypatch.setenv("NO_COLOR", "1")
    seen: list[set[ColorType]] = []

    async def story(driver: Driver) -> None:
        for keys in (("1",), ("2",), ("2", "c"), ("escape", "2", "slash")):
            await driver.press(*keys)
            seen.append(colours(driver))

    drive(story, settings=Settings(theme=palette.MONO))
    assert set().union(*seen) == {ColorType.DEFAULT}


def test_a_theme_with_colours_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # a theme that was asked for by its name goes first
    seen: list[set[ColorType]] = []

    async def story(driver: Driver) -> None:
        await driver.press("2")
        seen.append(colours(driver))

    drive(story, settings=Settings(theme=palette.DARK))
    assert ColorType.TRUECOLOR in seen[0]
