"""Screens whose capability is not there."""

from __future__ import annotations

import pytest

from tests.tui.driving import Driver, drive
from tests.tui.fake import LIVE, FakeHost


@pytest.mark.parametrize("key", ["0", "8", "5"])
def test_it_says_why_and_what_would_enable_it(key: str) -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press(key)
        assert "not available here" in text
        assert "Why it does not" in text
        assert "What would enable it" in text

    assert drive(story, host=FakeHost(5, tables=LIVE - {"shaping", "incident", "packet"})) is not None
