"""Numbers become names; what has none stays a number; nothing unprintable passes."""

from __future__ import annotations

import pytest

from procwire.dpi.wire import _tls_names, tls_offer
from procwire.dpi.wire.tls_hello import HELLO_RETRY_RANDOM, Hello
from procwire.dpi.wire.tls_offer import Choice, Offer, choice_of, offer_of, plain
from procwire.model.streams import Direction


def hello(**bodies: bytes) -> Hello:
    numbers = {"sni": 0, "groups": 10, "signatures": 13, "alpn": 16, "versions": 43, "shares": 51, "psk": 41}
    kept = {numbers[name]: body for name, body in bodies.items()}
    kinds = b"".join(number.to_bytes(2, "big") for number in kept)
    return Hello(0x0303, b"r" * 32, b"", bytes.fromhex("0a0a1301ee99"), b"\0\1", kinds, kept)


def test_offer() -> None:
    offer = offer_of(
        Offer,
        hello(
            sni=bytes.fromhex("000800000561") + b"\x1bb.c",
            alpn=b"\0\6\2h2\2\xffx",
            versions=bytes.fromhex("061a1a03047f1c"),
            groups=bytes.fromhex("000411ec001d"),
            shares=bytes.fromhex("000711ec0003") + b"abc",
        ),
        "t",
        Direction.OUT,
        5,
    )
    assert offer.server_name == "a\\x1bb.c"
    assert offer.alpn == ("h2", "\\xffx")
    assert offer.version == "TLSv1.3"
    assert offer.versions == ("TLSv1.3", "TLSv1.3-draft28")
    assert offer.ciphers == ("TLS_AES_128_GCM_SHA256", "0xee99")
    assert offer.groups == ("X25519MLKEM768", "x25519")
    assert offer.key_shares == ("X25519MLKEM768",)
    assert offer.post_quantum
    assert offer.compressions == ("null", "deflate")
    assert not (offer.psk)
    assert not (offer.ticket)
    assert not (offer.ech)
    assert not (offer.early_data)
    assert not (offer.second)


def test_choice() -> None:
    server = Hello(
        0x0303, HELLO_RETRY_RANDOM, b"", b"\x13\x02", b"\0", b"\0\x33", {51: b"\x11\xec", 43: b"\3\4"}
    )
    choice = choice_of(Choice, server, None, Direction.IN, 5, latency=None)
    assert (choice.version, choice.cipher) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert choice.retry
    assert choice.post_quantum
    assert choice.group == "X25519MLKEM768"


def test_long_lists_are_cut() -> None:
    assert len(tls_offer.cipher_names(bytes(range(1, 201)) * 40)) == tls_offer.MAX_LISTED


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"example.com", "example.com"), (b"a\nb", "a\\nb"), (b"\xc3\xa4", "\\xc3\\xa4"), (b"", "")],
)
def test_plain(raw: bytes, text: str) -> None:
    assert plain(raw) == text


def test_registered_names() -> None:
    assert _tls_names.CIPHERS[0xC02F] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert _tls_names.GROUPS[29] == "x25519"
    assert _tls_names.SIGNATURES[0x0804] == "rsa_pss_rsae_sha256"
    assert len(_tls_names.CIPHERS) > 350
