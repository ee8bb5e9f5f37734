"""Findings."""

from __future__ import annotations

from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_evidence_leads_to_the_flows() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("7", "E")
        assert "1 flow " in text
        assert "filter flow_id in" in text

    assert drive(story) is not None


def test_a_finding_is_acknowledged_by_the_host() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        assert "acknowledged" in await driver.press("7", "A")

    drive(story, host=host)
    order, subject = host.orders[0]
    assert (order, subject["detector"]) == ("acknowledge", "scan")


def test_the_grave_ones_have_a_sign() -> None:
    async def story(driver: Driver) -> None:
        lines = (await driver.press("7")).splitlines()
        assert all(line.startswith(" !") == (" high " in line) for line in lines[3:8])

    assert drive(story) is not None


def test_what_was_dealt_with_has_a_sign_and_a_count() -> None:
    async def story(driver: Driver) -> None:
        lines = (await driver.press("7")).splitlines()
        assert "alerts: 1 acknowledged" in lines[1]
        assert next(line[1] for line in lines if " beacon " in line) == "a"

    assert drive(story, size=(140, 40)) is not None
