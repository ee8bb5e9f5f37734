"""Heads of SIP and RTSP."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.text_message import MAX_HEAD, masked, read


def test_fields_folds_and_short_names() -> None:
    head = read(b"INVITE x\r\nf: one\r\n two\r\nVia: first\r\nVia: second\r\nl: 5\r\n\r\nhello")
    assert head is not None
    assert (head.start, head.fields[b"from"], head.fields[b"via"], head.body) == (
        b"INVITE x", b"one two", b"first", 5,
    )  # fmt: skip


def test_incomplete_endless_and_bad() -> None:
    assert read(b"INVITE x\r\nFrom: y\r\n") is None
    for bad in (b"a" * MAX_HEAD, b"INVITE x\r\nno colon\r\n\r\n"):
        with pytest.raises(ProtocolError):
            read(bad)
    head = read(b"A\r\nContent-Length: -1\r\n\r\n")
    assert head is not None
    with pytest.raises(ProtocolError):
        _ = head.body


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sip:alice:secret@example.com", "sip:alice:***@example.com"),
        ("rtsp://u:p@host/x", "rtsp://u:***@host/x"),
        ("sip:alice@example.com:5060", "sip:alice@example.com:5060"),
    ],
)
def test_passwords_in_addresses_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
