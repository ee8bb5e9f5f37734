from __future__ import annotations

import errno
import struct

from hypothesis import given
from hypothesis import strategies as st

from procwire.netlink import message


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=8))
def test_messages_come_back_as_packed(parts: list[tuple[int, bytes]]) -> None:
    data = b"".join(message.pack(kind, 3, number, body) for number, (kind, body) in enumerate(parts))
    assert [(m.kind, m.sequence, m.body) for m in message.messages(data)] == [
        (kind, number, body) for number, (kind, body) in enumerate(parts)
    ]


@given(st.dictionaries(st.integers(0, 0x3FFF), st.binary(max_size=40), max_size=8))
def test_attributes_come_back_as_packed(wanted: dict[int, bytes]) -> None:
    data = b"".join(message.attribute(kind, payload) for kind, payload in wanted.items())
    assert message.attributes(data) == wanted


@given(st.binary(max_size=200))
def test_junk_is_read_without_error(data: bytes) -> None:
    for found in message.messages(data):
        assert len(found.body) <= len(data)
        code, words = message.error_of(found)
        assert code >= 0
        assert isinstance(words, str)
    assert all(len(payload) <= len(data) for payload in message.attributes(data).values())


def test_the_kernels_own_words_are_read() -> None:
    quoted = message.pack(20, 1, 7, b"abcd")
    body = struct.pack("=i", -errno.EINVAL) + quoted + message.attribute(1, b"no such thing\0")
    assert message.error_of(message.Message(message.ERROR, 0x200, 7, body)) == (errno.EINVAL, "no such thing")
