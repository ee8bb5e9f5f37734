"""Options, clocks and the bounds of what a file may teach."""

from __future__ import annotations

import struct

import pytest

from procwire.capture import blocks
from procwire.capture.blocks import Clock, Lore
from tests.capture.crafted import option


def test_options_end_at_the_end_mark() -> None:
    body = b"skip" + option(2, b"abc") + option(0, b"") + option(3, b"x")
    assert list(blocks.options(body, 4, "little")) == [(2, b"abc")]


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [
        (6, Clock(multiply=1000)),
        (12, Clock(multiply=0, divide=1000)),
        (29, Clock(multiply=0)),
        (0x8A, Clock(multiply=0, shift=10)),
        (0xC0, Clock(multiply=0)),
    ],
)
def test_clocks(resolution: int, expected: Clock) -> None:
    assert blocks.clock(resolution, 0) == expected


def test_text_has_no_control_characters_and_an_end() -> None:
    assert blocks.text_of(b"a\x1b[31m\xff\0") == "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"
    assert len(blocks.text_of(b"x" * 5000)) == blocks.MAX_TEXT


def test_what_is_learned_is_bounded_and_the_rest_counted() -> None:
    lore = Lore()
    for number in range(blocks.MAX_NAMES_EACH + 3):
        lore.name("10.0.0.1", f"n{number}")
    lore.name("10.0.0.1", "n0")
    for _ in range(3):
        lore.secret(1, bytes(blocks.MAX_SECRET_BYTES // 2))
    for _ in range(70):
        lore.comment(1, b"x" * 0xFFFF)
    assert (len(lore.names["10.0.0.1"]), len(lore.secrets)) == (blocks.MAX_NAMES_EACH, 1)
    assert sum(len(text) for _, text in lore.comments) < blocks.MAX_COMMENT_CHARACTERS
    assert lore.unkept == 3 + 2 + 70 - len(lore.comments)


def test_names_of_hardware_addresses() -> None:
    body = option(3, b"\x02\0\0\0\0\x01gate\0") + option(9, b"?") + option(1, b"\x0a")
    assert list(blocks.names(body, "little")) == [("02:00:00:00:00:01", "gate")]


def test_a_list_of_names_that_overruns_has_no_options() -> None:
    assert blocks.end_of_names(struct.pack("<HH", 1, 400), "little") > 4


def test_statistics_without_drops_say_nothing() -> None:
    assert blocks.drops(struct.pack("<III", 3, 0, 0) + option(4, bytes(8)), "little") == (3, None)
