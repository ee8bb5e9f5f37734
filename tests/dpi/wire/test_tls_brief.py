"""The short way through a hello gives what the long one gives, whatever the bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tls_brief, tls_hello, tls_offer
from procwire.model.streams import Direction
from tests.dpi.samples import dialogues
from tests.dpi.wire.test_tls_hello import CLIENT, SERVER

OUT, IN = Direction.OUT, Direction.IN


def outcome(read: Callable[..., Any], *given: Any) -> Any:
    try:
        return read(*given)
    except ProtocolError as error:
        return str(error)


def long_offer(body: bytes, transport: str) -> Any:
    return tls_offer.offer_brief(tls_hello.read_client_hello(body), transport, OUT, 5)


def long_choice(body: bytes) -> Any:
    return tls_offer.choice_brief(tls_hello.read_server_hello(body), IN, 5)


def agree(body: bytes) -> bool:
    for transport in "tq":
        if outcome(tls_brief.offer, body, transport, OUT, 5) != outcome(long_offer, body, transport):
            return False
    return bool(outcome(tls_brief.choice, body, IN, 5) == outcome(long_choice, body))


def client(extensions: list[tuple[int, bytes]], ciphers: bytes = b"\x13\x01\x0a\x0a\xc0\x2f") -> bytes:
    block = b"".join(kind.to_bytes(2, "big") + len(b).to_bytes(2, "big") + b for kind, b in extensions)
    head = b"\3\3" + b"r" * 32 + b"\0" + len(ciphers).to_bytes(2, "big") + ciphers + b"\1\0"
    return head + len(block).to_bytes(2, "big") + block


def hellos() -> list[bytes]:
    found = [CLIENT, SERVER]
    for dialogue in dialogues("tls"):
        for _, data in dialogue.steps[:2]:
            if data[:1] == b"\x16" and len(data) > 9:
                length = int.from_bytes(data[6:9], "big")
                found.append(data[9 : 9 + length])
    return found


@pytest.mark.parametrize("body", hellos(), ids=lambda body: f"{len(body)}-bytes")
def test_real_hellos_whole_cut_and_bent(body: bytes) -> None:
    assert agree(body)
    draw = random.Random(5)
    for size in range(0, len(body), 3):
        assert agree(body[:size])
    for _ in range(600):
        bent = bytearray(body)
        for _ in range(draw.randint(1, 3)):
            bent[draw.randrange(len(bent))] = draw.randrange(256)
        assert agree(bytes(bent))


KINDS = st.sampled_from([0, 5, 10, 13, 16, 43, 51, 0x0A0A, 0x1A1A, 0xFE0D, 0x0A1A])
BODIES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\0\x05\0\0\2ab", b"\0\3\2h2", b"\2\3\4", b"\4\x0a\x0a\3\4", b"\0\4\4\3\x5a\x5a", b"\3\4"]
    ),
)


@settings(max_examples=400, deadline=None)
@given(extensions=st.lists(st.tuples(KINDS, BODIES), max_size=12), ciphers=st.binary(max_size=10))
def test_any_extensions_in_any_order(extensions: list[tuple[int, bytes]], ciphers: bytes) -> None:
    assert agree(client(extensions, ciphers))
    assert agree(client(extensions[::-1]))


def test_what_differs_in_one_part_has_a_ja4_of_its_own() -> None:
    one = [(0, b"\0\4\0\0\1a"), (16, b"\0\3\2h2"), (13, b"\0\2\4\3"), (43, b"\2\3\4")]
    other = [
        one,
        one[1:],
        [one[0], (16, b"\0\3\2h3"), *one[2:]],
        [*one[:2], (13, b"\0\2\5\3"), one[3]],
        [*one[:3], (43, b"\2\3\3")],
        [*one, (5, b"")],
    ]
    marks = [tls_brief.offer(client(extensions), "t", OUT, 1).ja4 for extensions in other]
    marks.append(tls_brief.offer(client(one, b"\x13\x02"), "t", OUT, 1).ja4)
    marks.append(tls_brief.offer(client(one), "q", OUT, 1).ja4)
    assert len(set(marks)) == len(marks)


def test_a_long_hello_goes_the_long_way() -> None:
    assert agree(client([(21, b"\0" * tls_brief.MAX_BYTES), (0, b"\0\4\0\0\1a")]))
    assert tls_brief.offer(client([(21, bytes(9000)), (0, b"\0\4\0\0\1a")]), "t", OUT, 1).server_name == "a"


@settings(max_examples=400, deadline=None)
@given(number=st.integers(0, 999), cut=st.integers(0, 600), at=st.integers(0, 600), byte=st.integers(0, 255))
def test_what_is_no_hello_is_none_for_the_name_alone_either(
    number: int, cut: int, at: int, byte: int
) -> None:
    known = hellos()
    body = bytearray(known[number % len(known)][: cut or None])
    if body:
        body[at % len(body)] = byte
    asked, long = outcome(tls_brief.offered, bytes(body)), outcome(tls_brief.offer, bytes(body), "t", OUT, 5)
    assert asked == (long if isinstance(long, str) else None)
