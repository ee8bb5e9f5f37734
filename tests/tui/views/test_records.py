"""Records of one protocol."""

from __future__ import annotations

import pytest

from procwire.tui.views.records import bad
from tests.tui.driving import Driver, drive


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (200, False),
        (404, True),
        ("500", True),
        ("NXDOMAIN", True),
        ("noerror", False),
        (False, True),
        ("ok", False),
    ],
)
def test_errors_are_told_from_the_rest(value: object, error: bool) -> None:
    assert bad(value) is error


def test_percentiles_are_of_what_matches() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("4", "v")
        await driver.type("http")
        assert "of 60 with an answer" in await driver.press("enter")
        await driver.press("slash")
        await driver.type("status == 500")
        assert "of 3 with an answer" in await driver.press("enter")
        assert " -> 192.0.2." in await driver.press("enter")

    assert drive(story) is not None
