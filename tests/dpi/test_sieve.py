"""Which bytes a shape rules out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from procwire.dpi.contract import Shape, beginnings
from procwire.dpi.sieve import MAX_STARTS, ShapeError, Sieve, sieve


def test_bytes_must_keep_to_one_start_as_a_whole() -> None:
    held = Sieve(Shape(starts=({0: b"ab", 2: b"x"}, {0: b"c", 1: b"y"})))
    assert not any(map(held.refuses, (b"a?x", b"b?x?", b"cy?")))
    assert all(map(held.refuses, (b"a?y", b"c?x", b"d", b"cx")))


def test_bytes_that_end_before_a_place_are_not_judged_by_it() -> None:
    held = Sieve(Shape(starts=({0: b"a", 9: b"z"},)))
    assert [held.refuses(data) for data in (b"", b"a", b"a12345678", b"a12345678z")] == [False] * 4
    assert held.refuses(b"a12345678y")


def test_a_datagram_can_be_too_short() -> None:
    held = Sieve(Shape(least=4))
    assert (held.refuses(b"abc"), held.refuses(b"abcd"), held.refuses(bytes(400))) == (True, False, False)


def test_a_datagram_must_hold_every_byte_that_all_hold() -> None:
    held = Sieve(Shape(starts=({0: b"a"},), holds=b":|"))
    assert [held.refuses(data) for data in (b"a:1|c", b"a|:", b"a:1", b"a|", b"b:|")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_as_many_starts_as_there_are_bits() -> None:
    starts = tuple({0: bytes((byte,))} for byte in range(MAX_STARTS))
    held = Sieve(Shape(starts=starts))
    assert [held.refuses(bytes((byte,))) for byte in (0, 63, 64, 255)] == [False, False, True, True]
    with pytest.raises(ShapeError, match="65 ways"):
        Sieve(Shape(starts=(*starts, {})))


@pytest.mark.parametrize("place", [-1, 256])
def test_a_place_that_cannot_be_is_an_error(place: int) -> None:
    with pytest.raises(ShapeError):
        Sieve(Shape(starts=({place: b"a"},)))


def test_a_module_has_shapes_by_transport_or_none() -> None:
    module: Any = SimpleNamespace(SHAPES={"tcp": Shape(starts=beginnings(b"EHLO", fold=True))})
    held = sieve(module, "tcp")
    assert held is not None
    assert not held.refuses(b"eHLo there")
    assert held.refuses(b"HELO")
    assert sieve(module, "udp") is None
    assert sieve(None, "tcp") is None
