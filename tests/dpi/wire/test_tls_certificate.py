"""What may be said of a certificate that was shown."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Direction
from procwire.dpi.wire.certificates import Details
from procwire.dpi.wire.tls_certificate import brief_of, certificate_of, weak_key, weak_signature

GOOD: dict[str, Any] = {
    "sha256": "00", "names": ("example.org",), "key_type": "rsa", "key_bits": 2048,
    "signature": "sha256WithRSAEncryption", "not_before": 10, "not_after": 90,
}  # fmt: skip


def said(place: tuple[bool, int, str] = (False, 0, "example.org"), now: int = 50, **fields: Any) -> set[str]:
    details = Details(**GOOD | fields)
    record: Any = certificate_of(details, Direction.IN, now, place)
    found = {risk for field, risk in record.RISKS.items() if getattr(record, field)}
    client, position, asked = place
    if not client:
        brief: Any = brief_of(details, Direction.IN, now, position, asked)
        assert found == {risk for field, risk in brief.RISKS.items() if getattr(brief, field)}
    return found


@pytest.mark.parametrize(
    ("fields", "risks"),
    [
        ({}, set()),
        ({"now": 91}, {"certificate-expired"}),
        ({"now": 9}, {"certificate-not-yet-valid"}),
        ({"self_signed": True}, {"certificate-self-signed"}),
        ({"self_signed": True, "place": (False, 1, "")}, set()),
        ({"names": ("example.net",)}, {"certificate-name-mismatch"}),
        ({"names": ("example.net",), "place": (False, 0, "")}, set()),
        ({"key_bits": 1024}, {"certificate-weak-key"}),
        ({"signature": "sha1WithRSAEncryption"}, {"certificate-weak-signature"}),
        ({"signature": "sha1WithRSAEncryption", "self_signed": True, "place": (False, 1, "")}, set()),
        ({"now": 91, "key_bits": 512, "place": (True, 0, "")}, set()),
    ],
)
def test_risks_of_a_server_certificate(fields: dict[str, Any], risks: set[str]) -> None:
    assert said(**fields) == risks


@pytest.mark.parametrize(
    ("kind", "bits", "weak"),
    [
        ("rsa", 1024, True),
        ("rsa", 2048, False),
        ("secp256r1", 256, False),
        ("secp192r1", 192, True),
        ("ec-x", 0, False),
    ],
)
def test_weak_key(kind: str, bits: int, weak: bool) -> None:
    assert weak_key(kind, bits) is weak


def test_weak_signature() -> None:
    names = ("ecdsa-with-SHA1", "md5WithRSAEncryption", "dsa-with-sha1", "ecdsa-with-SHA384", "ed25519")
    assert [weak_signature(name) for name in names] == [True, True, True, False, False]
