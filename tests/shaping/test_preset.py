"""Presets: read, refused with a line, laid under what was given."""

from __future__ import annotations

import pytest

from procwire.shaping.preset import merged, outage, presets
from procwire.shaping.texts.located import FileError
from procwire.shaping.texts.toml import read
from procwire.shaping.words import effects

TEXT = """
[train]
title = "A train"
basis = "estimate"
rtt = "90ms"
loss = "1%"
burst = 3
egress.rate = "1mbit"
outage = "up=20s down=500ms irregular hold"
"""


def test_a_preset_is_words_and_where_they_are_from() -> None:
    (train,) = presets(read(TEXT, "f"))
    assert train.words == {"rtt": "90ms", "loss": "1%", "burst": 3, "egress-rate": "1mbit"}
    assert (train.title, train.basis, train.origin) == ("A train", "estimate", "f")
    assert train.effects["egress"].rate is not None
    assert train.effects["ingress"].rate is None
    assert train.outage is not None
    assert train.outage.fate == "hold"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nrtt = '1s'\nloss = '3'\n", 3),
        ("[a]\nrtt = '1s'\nnothing = 3\n", 3),
        ("[a]\nbasis = 'guess'\nrtt = '1s'\n", 2),
        ("[a]\ntitle = 'says nothing'\n", 1),
        ("[a]\n[a.egress]\nrate = '1'\n", 3),
        ("[a]\nrtt = '1s'\noutage = 'up=1s'\n", 3),
        ("['a b']\nrtt = '1s'\n", 1),
        ("a = 1\n", 1),
        ("[a]\nrtt = ['1s']\n", 2),
        ("[a]\ntitle = 3\n", 2),
    ],
)
def test_a_wrong_line_is_told(text: str, line: int) -> None:
    with pytest.raises(FileError) as wrong:
        presets(read(text, "f"))
    assert wrong.value.line == line


def test_outages_are_spans_and_flags() -> None:
    found = outage("up=10s down=500ms irregular")
    assert (found.up_ns, found.down_ns, found.irregular, found.fate) == (10**10, 5 * 10**8, True, "drop")


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"delay": "5ms"}, {"loss", "burst", "egress-rate"}),
        ({"loss": "5%"}, {"rtt", "egress-rate"}),
        ({"rate": "1kbit"}, {"rtt", "loss", "burst"}),
        ({"ingress-delay": "1ms"}, {"rtt", "loss", "burst", "egress-rate"}),
    ],
)
def test_what_is_given_goes_before_what_the_preset_says(given: dict[str, str], left: set[str]) -> None:
    (train,) = presets(read(TEXT, "f"))
    found = merged(train.words, given)
    assert set(found) - set(given) == left
    assert effects(found)
