"""The form with sliders."""

from __future__ import annotations

from procwire.tui.views.shape_form import broken
from tests.tui.driving import Driver, drive
from tests.tui.fake import FakeHost


def test_a_target_and_a_slider_make_the_words_of_the_command() -> None:
    host = FakeHost()
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        await driver.press("0", "s", "enter")
        await driver.type("eth0")
        await driver.press("enter", "j", "j", "j", "j")
        seen.append(await driver.press("l", "l", "l"))
        seen.append(await driver.press("a"))

    drive(story, host=host)
    assert "procwire shape set eth0 --loss 1% --confirm 1m" in seen[0]
    assert host.orders[-1] == ("shape", {"words": ["eth0", "--loss", "1%", "--confirm", "1m"]})
    assert "shaped" not in seen[0]
    assert "impairments" in seen[1]


def test_a_value_of_ones_own_is_typed() -> None:
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        await driver.press("0", "enter", "j", "j", "enter")
        await driver.press(*["backspace"] * 3)
        await driver.type("2.5%")
        seen.append(await driver.press("enter"))
        await driver.press("enter")
        seen.append(await driver.press("escape"))

    drive(story)
    assert "--loss 2.5%" in seen[0]
    assert "--loss 2.5%" in seen[1]


def test_a_preset_is_chosen_from_those_that_there_are() -> None:
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        seen.append(await driver.press("0", "s", "p"))
        await driver.type("edge")
        seen.append(await driver.press("enter", "x"))

    drive(story)
    assert "rtt=70ms rate=12mbit (published)" in seen[0]
    assert "preset          -" in seen[1]


def test_without_a_target_nothing_is_done_and_a_refusal_is_shown() -> None:
    host = FakeHost()
    host.refused = {"planned"}
    seen: list[str] = []

    async def story(driver: Driver) -> None:
        seen.append(await driver.press("0", "s", "a"))
        await driver.press("q")
        seen.append(await driver.press("enter", "d"))

    drive(story, host=host)
    assert "whose network?" in seen[0]
    assert "planned: not here" in seen[1]
    assert "as root" in seen[1]
    assert [order for order, _ in host.orders] == ["planned"]


def test_a_change_begins_with_what_is_there() -> None:
    async def story(driver: Driver) -> None:
        text = await driver.press("0", "enter")
        assert "change what is shaped" in text
        assert "--loss 3% --rate 2mbit" in text
        assert "--confirm" not in text

    app = drive(story)
    assert app.view is not None


def test_what_came_of_it_is_read_to_its_end_on_a_narrow_screen() -> None:
    words = "fa0 cannot be shaped so: this kernel has no netem; procwire shape run emulates it in user space"
    assert " ".join(part.strip() for part in broken(words, 40)) == words
    assert max(map(len, broken(words, 40))) <= 40
    assert broken("  put-qdisc device=2 parent=root kind=tbf", 30)[1].startswith("    ")
    assert broken("", 40) == [""]
