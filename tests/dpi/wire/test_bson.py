"""BSON: simple values, nested documents, cut and broken ones."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.bson import MAX_ELEMENTS, Nested, elements


def made(body: bytes) -> bytes:
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def test_values() -> None:
    inner = made(b"\x10x\0\1\0\0\0")
    body = (
        b"\2s\0\3\0\0\0hi\0" + b"\x10i\0\7\0\0\0" + b"\x08b\0\1" + b"\1d\0" + struct.pack("<d", 1.5)
        + b"\3n\0" + inner + b"\5p\0\2\0\0\0\0ab" + b"\x0az\0" + b"\x12l\0" + struct.pack("<q", -1)
    )  # fmt: skip
    found = dict(elements(made(body)))
    assert found == {"s": "hi", "i": 7, "b": True, "d": 1.5, "n": inner, "p": b"ab", "z": None, "l": -1}
    assert isinstance(found["n"], Nested)
    assert dict(elements(found["n"])) == {"x": 1}


def test_what_is_cut_ends_quietly_and_nothing_runs_for_ever() -> None:
    body = made(b"\2s\0\3\0\0\0hi\0" + b"\2t\0\xff\0\0\0long")
    assert dict(elements(body[:-3])) == {"s": "hi"}
    assert len(list(elements(made(b"\x0aa\0" * 500)))) == MAX_ELEMENTS
    assert list(elements(made(b"\x0bregex\0a\0b\0\x0aq\0"))) == []


@pytest.mark.parametrize(
    "wrong", [b"abc", made(b"\x77a\0"), made(b"\2a\0\xff\xff\xff\xff"), made(b"\2" + b"a" * 200)]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        list(elements(wrong))
