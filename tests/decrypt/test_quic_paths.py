"""Who a datagram on a path that is not known is for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from procwire.decrypt.quic_paths import MAX_IDS, MAX_LENGTHS, QuicPaths


def talk(*ids: tuple[bytes, int]) -> Any:
    session = SimpleNamespace(fresh_ids=list(ids), ids={identity for identity, _ in ids})
    return SimpleNamespace(session=session)


def short(identity: bytes) -> bytes:
    return b"\x47" + identity + bytes(30)


def test_ids_of_any_length_are_found_until_their_connection_is_over() -> None:
    paths: QuicPaths[Any] = QuicPaths()
    one, other = talk((b"eight by", 0), (b"", 1)), talk((b"four", 1))
    paths.learn(one)
    paths.learn(other)
    assert len(paths) == 2
    assert paths.find(short(b"eight by")) == (one, 0)
    assert paths.find(short(b"four")) == (other, 1)
    assert paths.find(short(b"none")) is None
    assert paths.find(b"\xc7four") is None
    assert paths.find(b"") is None
    assert not one.session.fresh_ids
    paths.forget(one)
    assert paths.find(short(b"eight by")) is None
    assert len(paths) == 1


def test_the_table_is_bounded() -> None:
    paths: QuicPaths[Any] = QuicPaths()
    paths.learn(talk(*[(number.to_bytes(8, "big"), 0) for number in range(MAX_IDS + 3)]))
    assert len(paths) == MAX_IDS
    assert paths.find(short(bytes(8))) is None
    for size in range(1, 20):
        paths.learn(talk((b"x" * size, 0)))
    assert len(paths._lengths) == MAX_LENGTHS


def test_an_id_that_another_took_over_is_not_forgotten_with_the_first() -> None:
    paths: QuicPaths[Any] = QuicPaths()
    one, other = talk((b"same", 0)), talk((b"same", 0))
    paths.learn(one)
    paths.learn(other)
    paths.forget(one)
    assert paths.find(short(b"same")) == (other, 0)
