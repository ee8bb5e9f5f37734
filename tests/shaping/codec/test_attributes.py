from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import attributes as a
from tests.shaping.codec.hostile import damaged, is_borne


@given(st.lists(st.tuples(st.integers(0, 0x3FFF), st.binary(max_size=20)), max_size=8))
def test_attributes_come_back_in_their_order(parts: list[tuple[int, bytes]]) -> None:
    data = b"".join(a.attribute(kind, payload) for kind, payload in parts)
    assert a.listed(data) == parts
    assert a.attributes(data) == dict(parts)


@given(damaged(a.nest(5, a.number(1, 7), a.text(2, "eth0")), a.wide(3, 1 << 40)))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(a.attributes, data)


def test_what_stops_short_is_no_attribute() -> None:
    for data in (b"\x08", b"\x03\0\1\0", b"\x20\0\1\0abcd", a.number(1, 5)[:6]):
        with pytest.raises(a.CodecError):
            a.attributes(data)
    with pytest.raises(a.CodecError, match="not 8"):
        a.attributes(a.number(3, 5), least={3: 8})
    with pytest.raises(a.CodecError, match="more than"):
        a.listed(a.attribute(1, b"") * (a.MAX_ATTRIBUTES + 1))


def test_numbers_and_texts() -> None:
    assert a.one("=I", a.number(1, 7)[4:]) == 7
    assert a.one("=I", None, 9) == 9
    assert a.words(b"eth0\0junk") == "eth0"
    assert a.words("\udcff".encode("utf-8", "surrogateescape") + b"\0") == "\udcff"
    assert a.nest(5)[2:4] == b"\x05\x80"
    for wrong in (lambda: a.number(1, -1), lambda: a.wide(1, 1 << 64), lambda: a.one("=I", b"abc")):
        with pytest.raises(a.CodecError):
            wrong()
