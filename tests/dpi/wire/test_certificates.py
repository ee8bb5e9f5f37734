"""Certificates: the same fields as a strict library reads, and something of those that it refuses."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

from procwire.dpi.wire import certificates
from procwire.dpi.wire.certificates import covers, read_certificate, split_chain

UTC = datetime.UTC


def make(key: Any, *, until: int = 2049, algorithm: Any = None, names: bool = True) -> bytes:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CH"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, 'Käse "und" <Brot>, AG'),
            x509.NameAttribute(NameOID.COMMON_NAME, "Example.COM"),
        ]
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Some CA")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(0xABCDEF)
        .not_valid_before(datetime.datetime(2024, 2, 29, 12, 30, 45, tzinfo=UTC))
        .not_valid_after(datetime.datetime(until, 12, 31, tzinfo=UTC))
    )
    if names:
        alternatives: list[x509.GeneralName] = [
            x509.DNSName("example.com"),
            x509.DNSName("*.example.com"),
            x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
            x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
            x509.RFC822Name("a@example.com"),
            x509.UniformResourceIdentifier("https://example.com/"),
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=True)
    signed = builder.sign(key, algorithm)
    return signed.public_bytes(serialization.Encoding.DER)


KEYS: list[tuple[Any, Any, str, int, str]] = [
    (rsa.generate_private_key(65537, 2048), hashes.SHA256(), "rsa", 2048, "sha256WithRSAEncryption"),
    (ec.generate_private_key(ec.SECP256R1()), hashes.SHA384(), "secp256r1", 256, "ecdsa-with-SHA384"),
    (ec.generate_private_key(ec.SECP521R1()), hashes.SHA512(), "secp521r1", 521, "ecdsa-with-SHA512"),
    (ed25519.Ed25519PrivateKey.generate(), None, "ed25519", 256, "ed25519"),
    (ed448.Ed448PrivateKey.generate(), None, "ed448", 456, "ed448"),
    (dsa.generate_private_key(1024), hashes.SHA256(), "dsa", 1024, "dsa-with-sha256"),
]


@pytest.mark.parametrize(("key", "algorithm", "kind", "bits", "signature"), KEYS)
@pytest.mark.parametrize("until", [2049, 2050, 2999])
def test_agrees_with_a_strict_library(
    key: Any, algorithm: Any, kind: str, bits: int, signature: str, until: int
) -> None:
    data = make(key, until=until, algorithm=algorithm)
    found, other = read_certificate(data), x509.load_der_x509_certificate(data)
    assert found.subject == other.subject.rfc4514_string()
    assert found.issuer == other.issuer.rfc4514_string()
    assert int(found.serial, 16) == other.serial_number
    assert found.not_before == int(other.not_valid_before_utc.timestamp()) * 10**9
    assert found.not_after == int(other.not_valid_after_utc.timestamp()) * 10**9
    assert (found.key_type, found.key_bits, found.signature) == (kind, bits, signature)
    assert found.names[2:4] == ("2001:db8::1", "192.0.2.1")
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert not (found.self_signed)
    assert not (found.authority)
    assert not (found.malformed)


def test_odd_certificate_keeps_its_other_fields() -> None:
    data = make(KEYS[1][0], algorithm=hashes.SHA256())
    odd = read_certificate(data.replace(b"240229123045Z", b"240299999945Z"))
    assert odd.malformed == "validity: not a time"
    assert odd.not_before is None
    assert odd.not_after is not None
    assert "CN=Example.COM" in odd.subject
    assert odd.names


def test_never_raises() -> None:
    choose = random.Random(4)
    data = make(KEYS[0][0], algorithm=hashes.SHA256())
    faults = 0
    for _ in range(3000):
        bent = bytearray(data)
        for _ in range(choose.randrange(1, 4)):
            bent[choose.randrange(len(bent))] = choose.randrange(256)
        faults += bool(read_certificate(bytes(bent[: choose.randrange(len(bent) + 1)])).malformed)
    assert faults > 1000
    assert read_certificate(b"").malformed


def test_names_are_printable() -> None:
    data = make(KEYS[1][0], algorithm=hashes.SHA256()).replace(b"Example.COM", b"Ex\x1b[2J\0.COM")
    assert read_certificate(data).common_name == "Ex\\x1b[2J\\x00.COM"


def test_shelf_is_bounded_and_shares() -> None:
    shelf = certificates.Shelf(size=2)
    first = shelf.read(b"one")
    assert shelf.read(b"one") is first
    shelf.read(b"two")
    shelf.read(b"three")
    assert shelf.read(b"one") is not first


def chain_of(*ders: bytes) -> bytes:
    body = b"".join(len(item).to_bytes(3, "big") + item for item in ders)
    return len(body).to_bytes(3, "big") + body


def test_chain() -> None:
    assert split_chain(chain_of(b"a", b"bc")) == ([b"a", b"bc"], 2, "")
    assert split_chain(chain_of()) == ([], 0, "")
    assert split_chain(b"\0\0")[2]
    assert split_chain(b"\0\0\x09\0\0\x01a\0\0\xffbc")[2] == "a certificate is cut"
    many = split_chain(chain_of(*[b"x"] * 40))
    assert (len(many[0]), many[1]) == (certificates.MAX_CHAIN, 40)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("example.com", True),
        ("WWW.example.com.", True),
        ("a.b.example.com", False),
        ("other.com", False),
        ("192.0.2.1", True),
    ],
)
def test_covers(name: str, answer: bool) -> None:
    found = read_certificate(make(KEYS[1][0], algorithm=hashes.SHA256()))
    assert covers(found, name) is answer


def test_common_name_counts_where_there_are_no_others() -> None:
    found = read_certificate(make(KEYS[1][0], algorithm=hashes.SHA256(), names=False))
    assert covers(found, "example.com")
    assert not covers(found, "www.example.com")
