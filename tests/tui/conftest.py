"""Every screen at three sizes, walked through once for the whole session."""

from __future__ import annotations

import pytest

from procwire.tui.registry import SCREENS
from tests.tui.driving import Driver, drive
from tests.tui.fake import Recorded

SIZES = ((80, 24), (120, 40), (200, 60))
DETAILS = {
    "flow": ("2", "enter"),
    "conversation": ("2", "enter", "F"),
    "groups": ("2", "z", "down", "enter", "enter"),
    "process": ("3", "down", "enter"),
    "records": ("4", "j", "enter"),
    "finding": ("7", "enter"),
    "help": ("2", "question_mark"),
    "columns": ("2", "c"),
    "palette": ("2", "colon"),
    "answer": ("9", "enter"),
    "shape": ("0", "s"),
    "scenarios": ("0", "S"),
}
Walk = dict[tuple[str, tuple[int, int]], str]


def _walk(size: tuple[int, int], found: Walk) -> None:
    async def story(driver: Driver) -> None:
        await driver.look(3)
        for entry in SCREENS:
            found[entry.name, size] = await driver.press(entry.key)
            if entry.name == "sql":
                await driver.press("escape")
        for name, keys in DETAILS.items():
            found[name, size] = await driver.press(*keys)
            await driver.press("escape", "escape")
            driver.app.settings.view("flows").by = ""

    async def recorded(driver: Driver) -> None:
        found["packet", size] = await driver.press("5", "j", "L")
        found["absent", size] = await driver.press("0")
        found["earlier", size] = await driver.press("2", "left_curly_bracket")

    drive(story, size=size)
    drive(recorded, size=size, host=Recorded())


@pytest.fixture(scope="session")
def walk() -> Walk:
    """(screen, size) -> its text."""
    found: Walk = {}
    for size in SIZES:
        _walk(size, found)
    return found
