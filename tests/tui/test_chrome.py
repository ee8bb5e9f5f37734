"""Tabs, keys and status."""

from __future__ import annotations

import pytest

from procwire.tui import chrome
from procwire.tui.canvas import Ink
from procwire.tui.host import Health
from procwire.tui.registry import SCREENS

NAMES = [(each.name, each.key, each.title, each.short) for each in SCREENS]


def text(line: Ink) -> str:
    return "".join(piece[0] for piece in line)


@pytest.mark.parametrize("width", [80, 100, 120, 200, 300])
@pytest.mark.parametrize("current", [each.name for each in SCREENS])
def test_every_tab_is_there_at_every_width(width: int, current: str) -> None:
    line = text(chrome.tabs(NAMES, current, width))
    assert len(line) <= width
    assert all(f"{each.key} " in line for each in SCREENS)


def test_a_tab_can_be_clicked() -> None:
    actions = [piece[2] for piece in chrome.tabs(NAMES, "flows", 200) if len(piece) == 3]
    assert "app.go('doctor')" in actions


def test_keys_that_do_not_fit_are_left_out() -> None:
    line = chrome.footer([("a", "first", "x"), ("b", "second", "y")], 12)
    assert "first" in text(line)
    assert "second" not in text(line)


def test_losses_are_said_before_anything_that_may_be_cut_off() -> None:
    health = Health(flows=10, open_flows=5, packets=100, drops={"ring": 7, "store": 0})
    line = text(chrome.status("eth0", health, None, 200, paused="", when=""))
    assert "lost: 7 ring" in line
    assert line.index("lost") < line.index("packets")


def test_no_loss_is_said_too() -> None:
    assert "nothing lost" in text(
        chrome.status("eth0", Health(drops={"ring": 0}), None, 200, paused="", when="")
    )


def test_long_words_are_read_to_their_end_over_the_line_of_keys() -> None:
    words = (
        "alerts: there is no outbox: no alert was ever kept here; alerts are kept by a daemon with --alerts"
    )
    said = (words, "warn")
    first = text(chrome.status("eth0", Health(), said, 80, paused="", when=""))
    second = text(chrome.below(said, [("a", "first", "x")], 80))
    assert f"{first.strip()} {second.strip()}" == words
    assert max(len(first), len(second)) <= 80
    assert "first" in text(chrome.below(("short", "good"), [("a", "first", "x")], 80))
    assert "eth0" in text(chrome.status("eth0", Health(), ("short", "good"), 80, paused="", when=""))
