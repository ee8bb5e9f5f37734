"""Choosing from a list."""

from __future__ import annotations

from procwire.tui.picker import Choice, Picker
from tests.tui.driving import Driver, drive

CHOICES = [Choice(value=name, name=name, words=f"the column {name}") for name in ("alpha", "beta", "gamma")]
Result = list[list[str] | None]


def pick(
    *keys: str, several: bool = False, chosen: tuple[str, ...] = (), words: str = ""
) -> list[str] | None:
    result: Result = []

    async def story(driver: Driver) -> None:
        picker = Picker("columns", CHOICES, chosen=list(chosen), several=several)
        driver.app.push_screen(picker, result.append)
        await driver.settle()
        await driver.type(words)
        await driver.press(*keys)

    drive(story)
    return result[0]


def test_one_is_chosen_by_moving() -> None:
    assert pick("down", "enter") == ["beta"]


def test_one_is_chosen_by_typing() -> None:
    assert pick("enter", words="gam") == ["gamma"]


def test_several_are_switched_and_moved() -> None:
    assert pick("tab", "enter", several=True, chosen=("beta",)) == []
    assert pick("down", "tab", "enter", several=True, chosen=("beta",)) == ["beta", "alpha"]
    assert pick("down", "tab", "shift+up", "enter", several=True, chosen=("beta",)) == ["alpha", "beta"]


def test_space_switches_until_something_is_typed() -> None:
    assert pick("space", "down", "space", "enter", several=True, chosen=("gamma",)) == ["alpha"]
    assert pick("space", "enter", several=True, chosen=("gamma",), words="beta") == ["gamma"]


def test_it_can_be_left() -> None:
    assert pick("escape") is None


def test_in_a_short_list_j_and_k_move_until_something_is_typed() -> None:
    assert pick("j", "j", "k", "enter") == ["beta"]
    assert pick("j", "enter", "escape", words="a") is None  # "aj" names none, so none was chosen
