from __future__ import annotations

import builtins
import json
import os
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.ledger import plain

SHARED = Path(os.environ.get("PROCWIRE_SHARED", Path(__file__).parents[3] / "shared"))
VECTORS = SHARED / "corpora" / "vectors" / "blake3" / "test_vectors.json"
RFC8032 = [  # section 7.1: key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]  # fmt: skip


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3072, 4097, 9000])
def test_blake3_is_that_of_the_library(size: int) -> None:
    data = bytes(at % 251 for at in range(size))
    assert plain.slow_blake3(data) == blake3(data).digest() == plain.fast_blake3()(data)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared corpora are not here")
def test_blake3_of_the_published_vectors() -> None:
    cases = [case for case in json.loads(VECTORS.read_text())["cases"] if case["input_len"] <= 8193]
    assert len(cases) > 10
    for case in cases:
        data = bytes(at % 251 for at in range(case["input_len"]))
        assert plain.slow_blake3(data).hex() == case["hash"][:64]


@pytest.mark.parametrize(("key", "message", "signature"), RFC8032)
def test_ed25519_of_the_rfc(key: str, message: str, signature: str) -> None:
    given_key, data, signed = (bytes.fromhex(text) for text in (key, message, signature))
    assert plain.slow_ed25519(given_key, data, signed)
    assert plain.ed25519(given_key, data, signed)
    assert not plain.slow_ed25519(given_key, data + b"x", signed)


@settings(max_examples=10, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50), st.integers(0, 511))
def test_ed25519_takes_what_the_library_takes(seed: bytes, data: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signed = private.public_key().public_bytes_raw(), private.sign(data)
    assert plain.slow_ed25519(public, data, signed)
    spoiled = bytearray(signed)
    spoiled[bit // 8] ^= 1 << bit % 8
    assert not plain.slow_ed25519(public, data, bytes(spoiled))
    assert not plain.ed25519(public, data, bytes(spoiled))


def test_nonsense_is_no_signature() -> None:
    key, _, signature = (bytes.fromhex(text) for text in RFC8032[0])
    large = bytes.fromhex(RFC8032[0][2])[:32] + plain.Q.to_bytes(32, "little")
    for wrong in (b"", signature[:-1], large, b"\xff" * 64):
        assert not plain.slow_ed25519(key, b"", wrong)
        assert not plain.ed25519(key, b"", wrong)
    assert not plain.slow_ed25519(b"\xff" * 32, b"", signature)


def test_where_nothing_is_installed_ours_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith(("blake3", "cryptography")):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    key, message, signature = (bytes.fromhex(text) for text in RFC8032[1])
    assert plain.fast_blake3() is plain.slow_blake3
    assert plain.ed25519(key, message, signature)
