"""The tree of processes."""

from __future__ import annotations

from procwire.tui.views.processes import branches
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost, Recorded


def test_children_stand_under_their_parents() -> None:
    rows = [{"pid": 1, "ppid": 0}, {"pid": 5, "ppid": 1}, {"pid": 6, "ppid": 5}, {"pid": 7, "ppid": 1}]
    lines = branches(rows, ascii_only=True)
    assert [(line.values["pid"], line.lead) for line in lines] == [
        (1, ""),
        (5, "|- "),
        (6, "|  `- "),
        (7, "`- "),
    ]


def test_orphans_and_circles_lose_nobody() -> None:
    rows = [{"pid": 9, "ppid": 4}, {"pid": 3, "ppid": 3}]
    assert {line.values["pid"] for line in branches(rows, ascii_only=True)} == {3, 9}


def test_bytes_are_those_of_its_flows() -> None:
    host = FakeHost()
    moved = sum(row["bytes"] for row in host.data["flow"] if row["pid"] == 1000)

    async def story(driver: Driver) -> None:
        await driver.press("3", "j")
        view = driver.app.view
        assert view is not None
        assert view.subject()["bytes"] == moved

    assert drive(story, host=host) is not None


def test_tree_list_and_those_with_flows() -> None:
    async def story(driver: Driver) -> None:
        assert "├─" in await driver.press("3")
        assert "├─" not in await driver.press("t")
        assert "with flows" in await driver.press("n")
        assert "filter pid == " in await driver.press("e")

    assert drive(story, size=(140, 30)) is not None


def test_a_recording_tells_of_the_owners_of_its_flows() -> None:
    host = Recorded()
    row = next(row for row in host.data["flow"] if row["pid"])

    async def story(driver: Driver) -> None:
        shown = await driver.press("3")
        assert "as the flows tell of them" in shown
        assert f" {row['pid']} " in shown
        assert str(row["process"]) in shown
        assert "filter pid == " in await driver.press("e")

    assert drive(story, host=host, size=(140, 30)) is not None


def test_a_recording_whose_flows_have_no_owner_says_so() -> None:
    host = Recorded()
    host.data["flow"] = [row | {"pid": None} for row in host.data["flow"]]

    async def story(driver: Driver) -> None:
        assert "no flow here says whose it is" in await driver.press("3")

    assert drive(story, host=host) is not None


def test_one_that_is_over_is_there_with_its_flows() -> None:
    host = FakeHost()
    host.data["process"] = [row for row in host.data["process"] if row["pid"] != 1003]
    name = next(row["process"] for row in host.data["flow"] if row["pid"] == 1003)

    async def story(driver: Driver) -> None:
        assert " 1003 " not in await driver.press("3")
        (line,) = [line for line in (await driver.press("n")).splitlines() if " 1003 " in line]
        assert line.lstrip().startswith(f"x {name}")

    assert drive(story, host=host, size=(140, 30)) is not None
