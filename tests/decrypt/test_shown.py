"""Certificates out of handshake messages."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from procwire.decrypt.shown import shown
from procwire.dpi.wire.tls_certificate import Certificate
from procwire.dpi.wire.tls_told import CertificateChain
from procwire.model.streams import Direction
from tests.dpi.tls_dialogue import issue

DER = x509.load_pem_x509_certificate(b"".join(issue())).public_bytes(serialization.Encoding.DER)


def sized(content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + content


@pytest.mark.parametrize(
    ("client", "asked", "mismatch"),
    [
        (False, "server.example", False),
        (False, "other.example", True),
        (False, "", False),  # not known: nothing is said of it
        (True, "other.example", False),  # a client's is not made out for a server's name
    ],
)
def test_the_name_that_was_asked_for_is_the_servers(client: bool, asked: str, mismatch: bool) -> None:
    body = b"\0" + sized(sized(DER) + b"\0\0")
    side = Direction.OUT if client else Direction.IN
    chain, one = shown(side, (11, body), 7, client=client, asked=asked)
    assert isinstance(chain, CertificateChain)
    assert (chain.length, chain.chain_bytes, chain.malformed) == (1, len(DER), "")
    assert isinstance(one, Certificate)
    assert (one.time, one.side, one.client, one.name_mismatch) == (7, side, client, mismatch)


def test_other_messages_show_none_and_broken_ones_say_so() -> None:
    assert shown(Direction.IN, (8, b"\0\0"), 1, client=False, asked="") == []
    (chain,) = shown(Direction.IN, (25, b"\0\1\0"), 1, client=False, asked="")
    assert isinstance(chain, CertificateChain)
    assert (chain.length, chain.malformed) == (0, "a compressed certificate is cut")
