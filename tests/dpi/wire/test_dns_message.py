"""DNS messages: names, compression, bounds."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.wire.dns_message import MAX_RECORDS, Message, MessageError, parse
from tests.dpi.samples import QUESTION, labels, query, record, response


def name_of(wire: bytes) -> str:
    return Message(b"\0" * 12 + wire).name(12)


def test_odd_bytes_are_escaped() -> None:
    assert name_of(b"\x04a.b\\\x00") == "a\\.b\\\\"
    assert name_of(b"\x05\x00 \xc3\xa9!\x00") == "\\000\\032\\195\\169!"
    assert name_of(b"\x03WwW\x00") == "www"
    assert name_of(b"\x00") == "."


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=3))
def test_any_label_is_text(parts: list[bytes]) -> None:
    text = name_of(b"".join(bytes([len(part)]) + part for part in parts) + b"\0")
    assert text.isascii()
    assert text.isprintable()


@pytest.mark.parametrize(
    "wire",
    [
        b"\xc0\x0c",  # itself
        b"\x01a\xc0\x0c",  # its own start
        b"\xc0\x20" + b"\0" * 20,  # forwards
        b"\x40a",  # reserved label type
        b"\x05ab",  # ends early
        b"\x01a",  # no end
        (b"\x3f" + b"a" * 63) * 4 + b"\0",  # 257 bytes
    ],
)
def test_loops_and_long_names_are_refused(wire: bytes) -> None:
    with pytest.raises(MessageError):
        name_of(wire)


def test_compression_bomb_is_bounded() -> None:
    """A chain of pointers, and thousands of records that end in it."""
    many = tuple(record(QUESTION, 1, bytes(4)) for _ in range(5000))
    message = parse(response(answers=many))
    assert len(message.answers) == MAX_RECORDS
    assert message.left_out == 5000 - MAX_RECORDS


def test_sections_are_told_apart() -> None:
    message = parse(response(answers=(record(QUESTION, 1, bytes(4)),), tail=(record(b"\0", 41, b""),)))
    assert [len(message.answers), len(message.authorities), len(message.additionals)] == [1, 0, 1]
    assert message.answers[0][:4] == ("www.example.com", 1, 1, 60)
    assert not message.trailing


def test_large_ttl_is_unsigned() -> None:
    message = parse(response(answers=(record(QUESTION, 1, bytes(4), ttl=0xFFFFFFFF),)))
    assert message.answers[0][3] == 0xFFFFFFFF


@settings(max_examples=300, deadline=None)
@given(junk=st.binary(max_size=200))
def test_junk_ends_in_one_error(junk: bytes) -> None:
    head = struct.pack("!6H", 1, 0x8180, 1, 40, 40, 40) + labels("a.b") + b"\0\1\0\1"
    message = parse(head + junk)
    assert message.cut or message.trailing or message.end <= len(message.data)
    with contextlib.suppress(MessageError):
        parse(junk)


def test_query_is_whole() -> None:
    assert parse(query("b.org", 28)).questions == [("b.org", 28, 1)]
