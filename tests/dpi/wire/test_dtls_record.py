"""DTLS's records and fragments."""

from __future__ import annotations

import random

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.dtls_record import MAX_PARTIAL, Messages, records


def record(body: bytes, kind: int = 22, epoch: int = 0) -> bytes:
    return (
        bytes([kind, 0xFE, 0xFD]) + epoch.to_bytes(2, "big") + bytes(6) + len(body).to_bytes(2, "big") + body
    )


def fragment(message: bytes, start: int, size: int, number: int = 0, kind: int = 1) -> bytes:
    part = message[start : start + size]
    return (
        bytes([kind]) + len(message).to_bytes(3, "big") + number.to_bytes(2, "big")
        + start.to_bytes(3, "big") + len(part).to_bytes(3, "big") + part
    )  # fmt: skip


def test_records_fill_the_datagram() -> None:
    found = records(record(b"a") + record(b"b", 20, 1))
    assert [(one.kind, one.epoch, one.body) for one in found] == [(22, 0, b"a"), (20, 1, b"b")]
    for bad in (record(b"abc")[:-1], b"\x16\x03\x03" + bytes(10), b"\x40" + bytes(20)):
        with pytest.raises(ProtocolError):
            records(bad)


def test_ciphertext_of_version_1_3() -> None:
    (first,) = records(b"\x2c\x00\x00\x00\x14" + bytes(5) + bytes(15))
    assert (first.epoch, first.kind) == (-1, 23)
    with pytest.raises(ProtocolError):
        records(b"\x2c\x00\x00\x00\xff" + bytes(20))


def test_fragments_in_any_order_with_overlaps() -> None:
    message = bytes(range(200))
    parts = [fragment(message, at, 60) for at in range(0, 200, 40)]
    for seed in range(10):
        messages = Messages()
        random.Random(seed).shuffle(parts)
        found = [one for part in parts + parts for one in messages.push(part)]
        assert found == [(1, message)]


def test_bounds() -> None:
    messages = Messages()
    for number in range(MAX_PARTIAL + 3):
        assert list(messages.push(fragment(bytes(100), 0, 10, number))) == []
    huge = b"\x01\xff\xff\xff\0\0\0\0\0\0\0\x01x"
    assert list(messages.push(huge)) == []
    with pytest.raises(ProtocolError):
        list(messages.push(b"\x01\0\0\5\0\0\0\0\5\0\0\1x"))


def test_a_record_with_a_connection_id_is_ciphertext_to_the_end() -> None:
    (found,) = records(b"\x19\xfe\xfd" + b"\0\1" + bytes(6) + b"identity" + b"\0\x10" + bytes(16))
    assert (found.kind, found.epoch) == (23, 1)
