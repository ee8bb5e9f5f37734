"""NetBIOS names of RFC 1001 section 14.1."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.netbios_name import decode, first_level, meaning, plain


def test_decode() -> None:
    assert decode(b"EGFCEFEECACACACACACACACACACACACA") == ("FRED", 0x20)
    assert decode(b"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") == ("*", 0)
    assert decode(b"ckaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == ("*", 0)


@pytest.mark.parametrize("letters", [b"", b"Z" * 32, b"A" * 31])
def test_not_a_name(letters: bytes) -> None:
    with pytest.raises(ValueError):
        decode(letters)


def test_scope() -> None:
    data = b"\x20" + b"CA" * 15 + b"CA" + b"\x03NET\x03COM\0rest"
    assert first_level(data, 0) == ("", 0x20, "NET.COM", 42)
    for broken in (data[:20], data[:36], data[:41], b"\x1f" + data[1:], data[:33] + b"\x40" + data[34:]):
        with pytest.raises(ValueError):
            first_level(broken, 0)


def test_words() -> None:
    assert meaning(0x20) == "file-server"
    assert meaning(0x99) == "0x99"
    assert plain(b"A\x01B  ") == "A\\x01B"
