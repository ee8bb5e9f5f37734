"""Flows: signs, groups, folds."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.tui import grouping
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


@pytest.mark.parametrize("by", grouping.BY)
def test_groups_open_and_fold(by: str) -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "z")
        await driver.type(by)
        folded = await driver.press("enter")
        assert f"by {by}" in folded
        opened = await driver.press("enter")
        assert "▾" in opened
        assert len(opened.splitlines()[3:]) >= len(folded.splitlines()[3:])
        assert "▾" not in await driver.press("enter")

    assert drive(story).settings.view("flows").by == by


def test_a_group_opens_at_once_and_its_flows_come_when_they_come() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "z")
        await driver.type("process")
        await driver.press("enter")
        view: Any = driver.app.view
        view.reload = lambda: None  # an engine that is slow to answer
        assert "    …" in await driver.press("enter")
        assert "▾" not in await driver.press("enter")

    assert drive(story) is not None


def test_a_flow_of_a_group_is_opened() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "z")
        await driver.type("process")
        assert " -> 192.0.2." in await driver.press("enter", "enter", "j", "enter")

    assert drive(story) is not None


def test_signs_say_new_and_over() -> None:
    async def story(driver: Driver) -> None:
        driver.app.host.data["flow"][1] |= {"start": driver.app.clock, "last": driver.app.clock}  # type: ignore[attr-defined]
        text = await driver.press("2", "o")
        await driver.type("src_port")
        text = await driver.press("enter", "r")
        rows = {line[1:2] for line in text.splitlines()[3:25]}
        assert {"x", "+", " "} <= rows

    assert drive(story) is not None


def test_a_flow_that_only_the_recording_cut_off_is_not_over() -> None:
    async def story(driver: Driver) -> None:
        for row in driver.app.host.data["flow"]:  # type: ignore[attr-defined]
            row |= {"state": "established", "ended": "capture-end", "start": 0, "last": driver.app.clock}
        text = await driver.press("2")
        assert {line[1:2] for line in text.splitlines()[3:20]} == {" "}
        assert "60 flows" in await driver.press("w")

    assert drive(story) is not None


def test_a_flow_that_is_being_closed_has_a_sign_of_its_own() -> None:
    async def story(driver: Driver) -> None:
        for row in driver.app.host.data["flow"]:  # type: ignore[attr-defined]
            row |= {"state": "fin-wait", "ended": None}
        text = await driver.press("2")
        assert {line[1:2] for line in text.splitlines()[3:20]} == {"/"}

    assert drive(story) is not None


def test_only_flows_of_the_same_process_and_only_open_ones() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("2", "e")
        assert 'filter process == "' in text
        text = await driver.press("w")
        assert not any(line.startswith(" x") for line in text.splitlines())
        assert "state in" not in await driver.press("w")

    assert drive(story) is not None


def test_chosen_columns_are_kept() -> None:
    async def story(driver: Driver) -> None:
        await driver.press("2", "c")
        await driver.type("community")
        heading = (await driver.press("tab", "enter")).splitlines()[2]
        assert heading.split()[0] == "process"

    app = drive(story, host=FakeHost(3))
    assert app.settings.view("flows").columns[-1] == "community_id"
