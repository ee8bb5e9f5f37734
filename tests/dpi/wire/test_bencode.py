"""Bencoded values: examples of BEP 3, bounds."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.bencode import read


def test_examples() -> None:
    assert read(b"d3:cow3:moo4:spam4:eggse") == {b"cow": b"moo", b"spam": b"eggs"}
    assert read(b"d4:spaml1:a1:bi-3eeerest") == {b"spam": [b"a", b"b", -3]}


LONG = b"d1:al" + b"i1e" * 600 + b"ee"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"i3e",
        b"d",
        b"d3:cow",
        b"di3e3:mooe",
        b"d3:cow9:mooe",
        b"d1:a" * 50,
        LONG,
        b"d1:ai" + b"9" * 40 + b"ee",
        b"d1:ai-ee",
        b"d-1:ae",
        b"dz",
    ],
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(data)
