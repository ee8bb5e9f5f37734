"""Suites by their registered names."""

from __future__ import annotations

import pytest

from procwire.decrypt.suites import CBC, CCM, CHACHA, GCM, suite_of


@pytest.mark.parametrize(
    ("number", "kind", "key", "iv", "digest", "tag", "mac"),
    [
        (0x1301, GCM, 16, 12, "sha256", 16, ""), (0x1302, GCM, 32, 12, "sha384", 16, ""),
        (0x1303, CHACHA, 32, 12, "sha256", 16, ""), (0x1304, CCM, 16, 12, "sha256", 16, ""),
        (0x1305, CCM, 16, 12, "sha256", 8, ""), (0xC02F, GCM, 16, 4, "sha256", 16, ""),
        (0xC030, GCM, 32, 4, "sha384", 16, ""), (0xCCA8, CHACHA, 32, 12, "sha256", 16, ""),
        (0xC0AC, CCM, 16, 4, "sha256", 16, ""), (0xC0AE, CCM, 16, 4, "sha256", 8, ""),
        (0x002F, CBC, 16, 16, "sha256", 16, "sha1"), (0xC028, CBC, 32, 16, "sha384", 16, "sha384"),
        (0x000A, CBC, 24, 8, "sha256", 16, "sha1"),
    ],
)  # fmt: skip
def test_known_suites(number: int, kind: str, key: int, iv: int, digest: str, tag: int, mac: str) -> None:
    found = suite_of(number)
    assert found is not None
    assert (found.kind, found.key_bytes, found.iv_bytes) == (kind, key, iv)
    assert (found.digest, found.tag_bytes, found.mac) == (digest, tag, mac)


@pytest.mark.parametrize("number", [0x0000, 0xC050, 0xFFFF, 0x0096, 0xC101])
def test_what_cannot_be_read(number: int) -> None:
    assert suite_of(number) is None
