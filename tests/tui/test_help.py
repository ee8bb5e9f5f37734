"""Help is made from what is declared."""

from __future__ import annotations

import pytest

from procwire.tui import keys
from procwire.tui.help import text
from procwire.tui.registry import SCREENS, Entry
from tests.tui.driving import Driver, drive


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
def test_every_key_of_a_screen_is_in_its_help(entry: Entry) -> None:
    view = entry.make()
    assert len(view.DOC) > 40
    assert entry.name == view.NAME
    assert all(key.words for key in view.KEYS)


def test_help_has_the_keys_the_filters_and_the_columns() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2")
        view = driver.app.view
        assert view is not None
        said = "\n".join("".join(piece[0] for piece in line) for line in text(view, 90))
        for key in (*view.KEYS, *keys.ROWS, *keys.GLOBAL):
            assert key.words.split(";")[0][:30] in said
        assert "owner_confidence" in said

    assert drive(story) is not None


def test_help_is_left_with_q() -> None:
    async def story(driver: Driver) -> None:
        assert "help: Overview" in await driver.press("question_mark")
        assert "help: Overview" not in await driver.press("q")

    assert drive(story).return_value is None
