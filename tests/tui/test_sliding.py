"""Sliders: where a value stands, what a step makes of it, and the words that come of them."""

from __future__ import annotations

import pytest

from procwire.shaping.words import effects
from procwire.tui import sliding
from procwire.tui.sliding import BY_NAME, SLIDERS, amount, place, read_back, slid, words

SETTINGS = {"direction", "lease", "confirm"}


@pytest.mark.parametrize("slider", SLIDERS, ids=lambda slider: slider.name)
def test_stops_rise_and_are_understood(slider: sliding.Slider) -> None:
    assert slider.stops[0] == sliding.OFF
    if slider.name not in SETTINGS:
        known = [amount(stop) or 0.0 for stop in slider.stops]
        assert known == sorted(set(known))
        for stop in slider.stops[1:]:
            more = {"delay": "10s"} if slider.name in ("jitter", "reorder") else {}
            assert effects({slider.name: stop, **more})


def test_a_step_goes_to_the_next_stop_and_not_beyond_the_ends() -> None:
    loss = BY_NAME["loss"]
    assert slid(loss, "", 1) == "0.1%"
    assert slid(loss, "3%", -1) == "2%"
    assert slid(loss, "100%", 1) == "100%"
    assert slid(loss, "", -1) == ""


def test_what_was_typed_stands_between_its_neighbours() -> None:
    loss = BY_NAME["loss"]
    assert place(loss, "2%") < place(loss, "2.5%") < place(loss, "3%")
    assert (slid(loss, "2.5%", 1), slid(loss, "2.5%", -1)) == ("3%", "2%")
    assert place(loss, "nonsense") == 0.0


def test_amounts_of_one_word_can_be_compared() -> None:
    assert amount("200ms") == 0.2
    assert amount("1mbit") == 1e6
    assert amount("3%") == 3.0
    assert amount("gilbert") is None


def test_words_are_those_of_the_command() -> None:
    values = {"rtt": "200ms", "loss": "", "rate": "2mbit", "lease": "5m"}
    assert words("eth0", "lte", values, ["egress-burst=5"]) == [
        "eth0", "--preset", "lte", "--rtt", "200ms", "--rate", "2mbit", "--lease", "5m", "--effect",
        "egress-burst=5",
    ]  # fmt: skip


def test_what_was_asked_for_is_read_back() -> None:
    asked = ("direction=both", "egress.delay=100ms", "ingress.delay=100ms", "egress.rate=1mbit",
             "ingress.rate=2mbit", "egress.burst=5", "ingress.loss=3%", "egress.loss=3%")  # fmt: skip
    values, more = read_back(asked)
    assert values == {
        "direction": "both", "rtt": "200ms", "egress-rate": "1mbit", "ingress-rate": "2mbit", "loss": "3%",
    }  # fmt: skip
    assert more == ["egress-burst=5"]


def test_one_direction_alone_is_read_back_as_it_was() -> None:
    assert read_back(("direction=egress", "egress.loss=3%"))[0] == {"direction": "egress", "loss": "3%"}


def test_a_track_has_its_knob_at_the_share() -> None:
    assert sliding.track(0.0, 5, ascii_only=True) == "O----"
    assert sliding.track(1.0, 5, ascii_only=True) == "----O"
    assert len(sliding.track(0.5, 24, ascii_only=False)) == 24
