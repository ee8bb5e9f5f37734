"""Packets of a recording."""

from __future__ import annotations

from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost, Recorded


def test_the_packet_under_the_cursor_is_shown_marked_and_found_again() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("5", "j", "j")
        assert "── packet 3," in await driver.press("m")
        await driver.press("g")
        assert "── packet 3," in await driver.press("n")
        assert "── packet" not in await driver.press("x")

    assert drive(story, host=Recorded()) is not None


def test_a_packet_leads_to_its_flow() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("5", "F")
        assert "filter proto == tcp and addr == 10.0.0.5 and port == 40000" in text

    assert drive(story, host=Recorded(), size=(160, 40)) is not None


def test_live_the_newest_are_followed_until_the_cursor_leaves() -> None:
    host = FakeHost()
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        seen.append(await driver.press("5"))
        host.data["packet"].append(host.data["packet"][-1] | {"number": 200})
        await driver.look()
        seen.append(driver.text())
        await driver.press("k")
        host.data["packet"].append(host.data["packet"][-1] | {"number": 201})
        await driver.look()
        seen.append(driver.text())

    drive(story, host=host)
    assert ["── packet 199," in seen[0], "── packet 200," in seen[1], "── packet 199," in seen[2]] == [
        True
    ] * 3


def test_marked_packets_are_written_or_the_one_under_the_cursor() -> None:
    host = Recorded()

    async def story(driver: Driver) -> None:
        await driver.press("5", "W", "m", "j", "j", "m", "W")
        host.refused = {"export"}
        assert "export: not here" in await driver.press("W")

    drive(story, host=host)
    assert [subject["numbers"] for order, subject in host.orders] == [[1], [1, 3], [1, 3]]
