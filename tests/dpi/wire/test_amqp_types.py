"""Values of AMQP."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.amqp_types import MAX_DEPTH, performative, table
from procwire.dpi.wire.cursor import Cursor


def test_table_keeps_long_strings_and_ends_where_it_must() -> None:
    data = b"\1aS\0\0\0\2hi" + b"\1bt\1" + b"\1cF\0\0\0\0" + b"\1dS\0\0\0\1x" + b"\1e?" + b"\1fS\0\0\0\1y"
    assert table(data) == {"a": "hi", "d": "x"}
    assert table(b"\1aS\0\0\0\x09cut") == {}


def test_values_of_every_width() -> None:
    members = (
        b"\x43\x52\x07\x70\0\0\1\0\x41\x56\0\x40\xb1\0\0\0\1a\xa0\1b\x45"
        + b"\xf0\0\0\0\x09\0\0\0\2\xa3\1x\1y"
    )
    body = b"\0\x80" + bytes(7) + b"\x10" + b"\xd0\0\0\0\xff\0\0\0\x0a" + members
    assert performative(Cursor(body)) == (16, [0, 7, 256, True, False, None, "a", b"b", [], "x y"])


def test_list_that_is_cut_keeps_what_was_there() -> None:
    assert performative(Cursor(b"\0\x53\x10\xc0\x20\3\xa1\1a\xa1\x09cut")) == (16, ["a", "cut"])


def test_lists_within_lists_are_read_to_a_bound() -> None:
    number, values = performative(Cursor(b"\0\x53\x10" + b"\xc0\xff\1" * 80))
    depth = 0
    while values and isinstance(values[0], list):
        values, depth = values[0], depth + 1
    assert (number, depth <= MAX_DEPTH) == (16, True)


@pytest.mark.parametrize("wrong", [b"\1", b"\0\x53\x10\x43", b"\0\x53\x10\xee\1\1", b"\0\xa1\1x\x45"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        performative(Cursor(wrong))
