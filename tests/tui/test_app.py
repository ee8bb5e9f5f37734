"""The whole app, driven by keys; and each of its screens as it was when somebody looked at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.model.columns import Table
from procwire.tui.host import HostError, Rows, Want
from procwire.tui.registry import SCREENS
from procwire.tui.settings import load
from tests.tui.conftest import DETAILS, SIZES, Walk
from tests.tui.driving import Driver, check_snapshot, drive
from tests.tui.fake import FakeHost, Recorded

NAMES = [*(entry.name for entry in SCREENS), *DETAILS, "packet", "earlier", "absent"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", NAMES)
def test_each_screen_looks_as_it_did(walk: Walk, name: str, size: tuple[int, int]) -> None:
    text = walk[name, size]
    assert len(text.splitlines()) <= size[1]
    check_snapshot(f"{name}-{size[0]}x{size[1]}", text)


def test_no_line_is_wider_than_the_screen(walk: Walk) -> None:
    for (_, (width, _)), text in walk.items():
        assert max(len(line) for line in text.splitlines()) <= width


def test_a_journey_from_the_overview_to_one_flow_and_back() -> None:
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        seen.append(await driver.press("2"))
        await driver.press("slash")
        await driver.type("proto == udp")
        seen.append(await driver.press("enter"))
        seen.append(await driver.press("j", "enter"))
        seen.append(await driver.press("q"))
        seen.append(await driver.press("q"))

    drive(story)
    assert "60 flows" in seen[0]
    assert "filter proto == udp" in seen[1]
    assert "60 flows" not in seen[1]
    assert " -> 192.0.2." in seen[2]
    assert "filter proto == udp" in seen[3]
    assert "filter" not in seen[4].splitlines()[1]


def test_q_on_a_first_screen_ends_it() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("q")

    app = drive(story)
    assert app.return_value == 0


def test_only_what_is_seen_is_asked_for() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        await driver.press("D")
        host.asked.clear()
        await driver.look(2)

    drive(story, host=host)
    assert {want.table for want in host.asked} == {"check"}


def test_nothing_is_drawn_where_nothing_changed() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2")
        grid = driver.app.view.target()  # type: ignore[union-attr]
        drawn: list[object] = []
        grid.refresh = lambda *words, **_: drawn.append(words)  # type: ignore
        driver.app.host.data["flow"][:] = [row | {"start": 1} for row in driver.app.host.data["flow"]]  # type: ignore
        await driver.look()
        drawn.clear()
        await driver.look(3)
        assert drawn == []

    drive(story)


def test_a_held_picture_stays_and_says_what_came_meanwhile() -> None:
    host = FakeHost(20)
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        await driver.press("2", "space")
        host.data["flow"] += FakeHost(30).data["flow"][20:]
        await driver.look()
        seen.append(driver.text())
        seen.append(await driver.press("space"))

    drive(story, host=host)
    assert "20 flows" in seen[0]
    assert "HELD, 10 flows since" in seen[0]
    assert "30 flows" in seen[1]
    assert "HELD" not in seen[1]


def test_a_host_that_goes_away_is_said() -> None:
    host = FakeHost()

    async def story(driver: Driver) -> None:
        host.gone = "the daemon has ended"
        await driver.look()
        assert "the daemon has ended" in driver.text()

    drive(story, host=host)
    assert host.asked


def test_what_a_host_refuses_is_shown_with_its_remedy() -> None:
    class Refusing(FakeHost):
        def rows(self, want: Want) -> Rows:
            if want.table == "check":
                raise HostError("nobody looked", "procwire doctor")
            return super().rows(want)

    async def story(driver: Driver) -> None:
        text = await driver.press("D")
        assert "nobody looked" in text
        assert "procwire doctor" in text

    app = drive(story, host=Refusing())
    assert app.health is not None


def test_settings_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "procwire" / "terminal.json"

    async def story(driver: Driver) -> None:
        await driver.press("2", "greater_than_sign")

    drive(story, settings_file=path)
    assert load(path).view("flows").order


def test_a_recording_is_wound_back() -> None:
    counts: list[str] = []

    async def story(driver: Driver) -> None:
        counts.append((await driver.press("2")).splitlines()[1])
        counts.append((await driver.press("left_curly_bracket")).splitlines()[1])

    drive(story, host=Recorded())
    assert counts[0] != counts[1]


def test_live_traffic_cannot_be_wound_back() -> None:
    async def story(driver: Driver) -> None:
        assert "cannot be wound back" in await driver.press("left_square_bracket")

    assert drive(story).at is None


def test_a_command_is_run_by_its_name() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("colon")
        await driver.type("doctor")
        text = await driver.press("enter")
        assert "7 checks" in text

    assert drive(story).body.base == "doctor"


def test_a_row_is_copied_by_osc_52() -> None:
    written: list[str] = []

    async def story(driver: Driver) -> None:
        await driver.press("2")
        driver.app._driver.write = written.append  # type: ignore
        await driver.press("Y")

    drive(story)
    assert any(text.startswith("\x1b]52;c;") for text in written)


def test_a_resize_fits_other_columns() -> None:
    async def story(driver: Driver) -> None:
        narrow = await driver.press("2")
        await driver.pilot.resize_terminal(200, 40)
        await driver.settle()
        wide = driver.text()
        assert "rtt" not in narrow.splitlines()[2]
        assert "rtt" in wide.splitlines()[2]

    assert drive(story, size=(80, 24)).size.width == 200


def test_a_click_on_a_heading_orders_by_it() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2")
        await driver.pilot.click("Grid", offset=(4, 0))
        await driver.settle()
        assert "by process" in driver.text()

    assert drive(story).settings.view("flows").order == "process"


def test_a_table_that_a_host_does_not_have_is_no_crash() -> None:
    host = FakeHost(tables=["flow", "group"])
    tables: tuple[Table, ...] = host.tables()

    async def story(driver: Driver) -> None:
        for entry in SCREENS:
            await driver.press(entry.key)
            if entry.name == "sql":
                await driver.press("escape")

    assert drive(story, host=host).is_running is False
    assert len(tables) == 2
