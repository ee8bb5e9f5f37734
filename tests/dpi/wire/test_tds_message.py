"""Parts of TDS packets."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tds_message
from procwire.dpi.wire.cursor import Cursor


def test_options_of_a_prelogin() -> None:
    raw = bytes.fromhex("00000b00060100110001ff0f0007d0000002")
    found = tds_message.options(Cursor(raw, 0))
    assert (tds_message.version_of(found[0]), found[1]) == ("15.0.2000", b"\2")
    assert tds_message.version_of(b"") == ""
    with pytest.raises(ProtocolError):
        tds_message.options(Cursor(bytes(200), 0))


def test_calls_by_number_and_by_name() -> None:
    assert tds_message.call(Cursor(b"\xff\xff\x0c\0", 0)) == {"procedure": "sp_execute"}
    assert tds_message.call(Cursor(b"\2\0a\0b\0", 0)) == {"procedure": "ab"}


def test_tokens_end_where_a_length_is_not_told() -> None:
    assert tds_message.tokens(Cursor(b"\xe3\5\0\1\1a\0\0\xd1rows", 0, "little")) == {"database": "a"}
    assert tds_message.tokens(Cursor(b"\xaa\xff\xff", 0, "little")) == {}
