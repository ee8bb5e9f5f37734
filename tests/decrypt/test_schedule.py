"""Key derivation: against the library's HKDF and published vectors."""

from __future__ import annotations

import pytest

from procwire.decrypt.schedule import expand_label, next_secret, p_hash, prf
from tests.decrypt.dialogue import expand


@pytest.mark.parametrize("digest", ["sha256", "sha384"])
@pytest.mark.parametrize(("label", "length"), [("key", 16), ("iv", 12), ("hp", 32), ("long", 100)])
def test_expand_label(digest: str, label: str, length: int) -> None:
    secret = bytes(range(48))
    assert expand_label(digest, secret, label, length) == expand(digest, secret, label, length)
    assert expand_label(digest, secret, label, length, prefix="dtls13") == expand(
        digest, secret, label, length, "dtls13"
    )


def test_traffic_keys_of_rfc8448() -> None:
    """Section 3, server's handshake traffic keys."""
    secret = bytes.fromhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
    assert expand_label("sha256", secret, "key", 16).hex() == "3fce516009c21727d0f2e4e86ee403bc"
    assert expand_label("sha256", secret, "iv", 12).hex() == "5d313eb2671276ee13000b30"


def test_next_secret_has_the_digest_s_size() -> None:
    assert len(next_secret("sha384", bytes(48))) == 48
    assert next_secret("sha256", bytes(32)) == expand("sha256", bytes(32), "traffic upd", 32)


def test_prf_of_tls12() -> None:
    """The vector that was published for P_SHA256 on the TLS working group's list, 2009."""
    secret = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
    seed = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    wanted = "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
    assert prf(0x0303, "sha256", secret, b"test label" + seed, 32).hex() == wanted
    assert p_hash("sha256", secret, b"test label" + seed, 32).hex() == wanted


def test_prf_before_tls12_takes_both_halves() -> None:
    left = prf(0x0301, "", bytes(48), b"xseed", 40)
    assert left != prf(0x0301, "", bytes(24) + b"\1" * 24, b"xseed", 40)
    assert left != prf(0x0301, "", b"\1" * 24 + bytes(24), b"xseed", 40)
    assert len(left) == 40
