"""The table that draws what can be seen."""

from __future__ import annotations

from procwire.tui.grid import Grid
from procwire.tui.views.rows import AHEAD
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def grid_of(driver: Driver) -> Grid:
    assert driver.app.view is not None
    target = driver.app.view.target()
    assert isinstance(target, Grid)
    return target


def test_keys_of_vim_and_less_move_the_cursor() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2")
        grid = grid_of(driver)
        places = []
        for key in ("j", "j", "k", "G", "g", "ctrl+d", "ctrl+u", "f", "b", "end", "home"):
            await driver.press(key)
            places.append(grid.cursor)
        half, page = grid.rows_high // 2, grid.rows_high
        assert places == [1, 2, 1, 499, 0, half, 0, page, 0, 499, 0]

    assert drive(story, host=FakeHost(500)) is not None


def test_rows_far_away_are_fetched_when_they_are_looked_at() -> None:
    host = FakeHost(5000)

    async def story(driver: Driver) -> None:
        await driver.press("2", "o")
        await driver.type("src_port")
        await driver.press("enter", "r")
        text = await driver.press("G")
        assert "…\n" not in text
        assert grid_of(driver).page.first > 4000

    drive(story, host=host)
    assert max(want.limit for want in host.asked if want.table == "flow") <= max(60, AHEAD * 30)


def test_the_cursor_stays_on_its_row() -> None:
    host = FakeHost(40)

    async def story(driver: Driver) -> None:
        await driver.press("2", "j", "j", "j")
        before = grid_of(driver).line
        host.data["flow"].append(host.data["flow"][0] | {"flow_id": "f" * 16, "bytes": 10**9})
        await driver.look()
        after = grid_of(driver).line
        assert before is not None
        assert after is not None
        assert (after.key, grid_of(driver).cursor) == (before.key, 4)

    assert drive(story, host=host) is not None


def test_an_order_is_turned_round() -> None:
    async def story(driver: Driver) -> None:
        assert "largest first" in await driver.press("2")
        assert "smallest first" in await driver.press("r")

    assert drive(story).settings.view("flows").order == "bytes"


def test_columns_without_room_are_reached_sideways() -> None:
    async def story(driver: Driver) -> None:
        assert "duration" not in (await driver.press("2")).splitlines()[2]
        heading = (await driver.press(*["l"] * 10)).splitlines()[2]
        assert "duration" in heading
        assert "process" not in heading

    assert drive(story, size=(80, 24)) is not None


def test_ascii_alone_is_enough() -> None:
    from procwire.tui.settings import Settings

    async def story(driver: Driver) -> None:
        for key in ("2", "1", "3", "6"):
            text = await driver.press(key)
            assert text.replace("…", "").isascii(), key

    assert drive(story, settings=Settings(ascii=True)) is not None


def test_the_wheel_scrolls() -> None:
    from textual import events

    async def story(driver: Driver) -> None:
        await driver.press("2")
        grid = grid_of(driver)
        event = events.MouseScrollDown(grid, 5, 5, 0, 1, 0, False, False, False)
        grid.on_mouse_scroll_down(event)
        assert grid.top == 3

    assert drive(story) is not None
