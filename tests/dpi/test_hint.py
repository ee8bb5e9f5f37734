"""What an encrypted flow may carry, and how that is told."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.hint import carries
from tests.dpi.flows import flow


def encrypted(app: str = "tls", dport: int = 443, *, alpn: Any = None, name: str = "", **facts: Any) -> Any:
    """A flow whose client asked for ``name``."""
    made = flow(17 if app == "quic" else 6, dport)
    made.app, made.server_name, made.server_name_source = app, name, "sni" if name else ""
    made.facts = {"alpn": alpn, **facts} if alpn else facts
    return made


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (encrypted(alpn=("dot",)), ("dot", "alpn")),
        (encrypted("quic", alpn=("doq",)), ("doq", "alpn")),
        (encrypted("quic", alpn=("doq-i02",)), ("doq", "alpn")),
        (encrypted(dport=853), ("dot", "port")),
        (encrypted("quic", 853), ("doq", "port")),
        (encrypted("dtls", 853), None),
        (encrypted(dport=853, alpn=("h2",)), None),
        (encrypted(name="dns.google", alpn=("h2", "http/1.1")), ("doh", "name")),
        (encrypted("quic", name="dns.google", alpn=("h3-29",)), ("doh", "name")),
        (encrypted(name="dns.google"), None),
        (encrypted(name="www.example.com", alpn=("h2",)), None),
        (encrypted("dns", 853, via="tls"), ("dot", "content")),
        (encrypted("dns", 853, via="quic"), ("doq", "content")),
        (encrypted("dns", 443, via="tls.http2"), ("doh", "content")),
        (encrypted("http2", 443, via="tls", encloses="dns"), ("doh", "content")),
        (encrypted("dns", 53), None),
        (encrypted("http", 853), None),
    ],
)
def test_dns(one: Any, told: Any) -> None:
    assert carries(one, ()) == told


def test_media_beside_a_handshake() -> None:
    assert carries(encrypted("dtls", via="stun", encloses="srtp"), ()) == ("srtp", "rtp-shape")
    assert carries(encrypted("rtp", via="stun"), ()) is None


def test_a_name_learned_elsewhere_is_none_that_the_client_asked_for() -> None:
    one = encrypted(name="dns.google", alpn=("h2",))
    one.server_name_source = "dns-answer"
    assert carries(one, ()) is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("www.gfu7hbxpfp.com", ("tor", "sni-shape")),
        ("www.wikipedia.com", None),  # a word, as one in six of Tor's names looks
        ("www.t3i3ru.com", None),  # too short to be one of today's
        ("www.gfu7hbxpfp.net", None),
        ("gfu7hbxpfp.com", None),
        ("www.gfu8hbxpfp.com", None),  # base32 has no 8
    ],
)
def test_tor(name: str, told: Any) -> None:
    assert carries(encrypted(name=name), ()) == told
    assert carries(encrypted(name=name, alpn=("h2",)), ("Tor",)) is None


def test_what_makes_tor_likelier() -> None:
    assert carries(encrypted(name="www.wikipedia.com"), ("Tor",)) == ("tor", "ja4")
    assert carries(encrypted(name="www.example.org"), ("Tor",)) is None
    old = encrypted(name="www.t3i3ru.com", risks=("certificate-name-mismatch",))
    assert carries(old, ()) == ("tor", "sni-shape")
