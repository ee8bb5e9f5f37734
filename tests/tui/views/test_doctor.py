"""Doctor."""

from __future__ import annotations

from tests.tui.driving import Driver, drive


def test_what_is_missing_has_a_sign_and_a_remedy() -> None:
    async def story(driver: Driver) -> None:
        lines = (await driver.press("D")).splitlines()
        missing = next(line for line in lines if "missing" in line)
        assert missing.startswith(" x")
        assert "install something" in missing

    assert drive(story) is not None
