"""Records and handshake messages out of chunks."""

from __future__ import annotations

import random

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tls_record
from procwire.dpi.wire.tls_record import APPLICATION_DATA, HANDSHAKE, MAX_RECORD_BYTES, Records, plausible


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind, 3, 3]) + len(body).to_bytes(2, "big") + body


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def read(chunks: list[bytes]) -> list[tuple[int, bytes, int]]:
    records, found = Records(), []
    for chunk in chunks:
        records.feed(chunk)
        while (one := records.next_record()) is not None:
            found.append(one)
    return found


def test_any_chunks() -> None:
    stream = record(HANDSHAKE, b"h" * 300) + record(APPLICATION_DATA, b"d" * 9000) + record(21, b"\2\x28")
    whole = read([stream])
    assert whole == [
        (HANDSHAKE, b"h" * 300, 300),
        (APPLICATION_DATA, b"d" * tls_record.KEPT_BYTES, 9000),
        (21, b"\2\x28", 2),
    ]
    choose = random.Random(1)
    for _ in range(50):
        cuts = sorted(choose.randrange(len(stream)) for _ in range(20))
        chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        assert read([chunk for chunk in chunks if chunk]) == whole
    assert read([stream[at : at + 1] for at in range(len(stream))]) == whole


def test_longest_record() -> None:
    assert read([record(HANDSHAKE, b"x" * MAX_RECORD_BYTES)])[0][2] == MAX_RECORD_BYTES
    with pytest.raises(ProtocolError, match=str(MAX_RECORD_BYTES + 1)):
        read([record(HANDSHAKE, b"x" * (MAX_RECORD_BYTES + 1))])


@pytest.mark.parametrize("junk", [b"GET / HTTP/1.1", b"\x16\x02\x01\x00\x05", b"\x16\x03\x05\x00\x05"])
def test_no_record(junk: bytes) -> None:
    assert not plausible(junk)
    with pytest.raises(ProtocolError):
        read([junk])


def test_messages_over_records() -> None:
    body = message(1, b"a" * 10) + message(2, b"") + message(11, b"b" * 20)
    for size in range(1, len(body)):
        records = Records()
        found = [one for at in range(0, len(body), size) for one in records.messages(body[at : at + size])]
        assert found == [(1, b"a" * 10), (2, b""), (11, b"b" * 20)]


def test_opaque_records_are_not_kept() -> None:
    records = Records()
    records.opaque = True
    records.feed(record(HANDSHAKE, b"x" * 1000)[:200])
    assert records.next_record() == (HANDSHAKE, b"x" * tls_record.KEPT_BYTES, 1000)
    assert records.next_record() is None


def test_gap_within_what_is_passed_over() -> None:
    records = Records()
    records.feed(record(APPLICATION_DATA, b"x" * 1000)[:100])
    assert records.next_record() is not None
    assert records.next_record() is None
    records.gap(905)
    records.feed(record(21, b"\1\0"))
    assert records.next_record() == (21, b"\1\0", 2)
    assert not records.gapped


def test_gap_loses_what_does_not_start_with_a_record() -> None:
    records = Records()
    records.gap(10)
    records.feed(b"in the middle of something")
    assert records.next_record() is None
    assert records.lost
    assert records.gapped
