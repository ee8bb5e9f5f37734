"""The names of risks: what may be said of a flow beside its counts, each with one true sentence.

A risk is a fact that somebody may want to look at, never a verdict. It stands in the flow's column ``risks``.
A protocol states one through ``Observation.RISKS``; a name that is not declared here is refused by the laws.
"""

from __future__ import annotations

import msgspec

CLEARTEXT_CREDENTIALS = "cleartext-credentials"
MALFORMED = "malformed-message"
SPLIT_BANNER = "split-banner"
UNUSUAL_PORT = "unusual-port"
OBSOLETE_PROTOCOL = "obsolete-protocol"

SPLIT_BYTES = 8  # a first piece shorter than this was cut on purpose, or typed by hand


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """One name. ``protocols``: who states it; empty where the analyzer does."""

    name: str
    doc: str  # one sentence
    protocols: tuple[str, ...] = ()


def _risk(name: str, doc: str) -> Risk:
    return Risk(name=name, doc=doc)


RISKS: tuple[Risk, ...] = (
    _risk(UNUSUAL_PORT, "The content is of a protocol that has ports of its own, and neither end uses one."),
    _risk(SPLIT_BANNER,
          f"The bytes that name the protocol came in pieces, the first shorter than {SPLIT_BYTES} bytes."),
    _risk(MALFORMED, "A message breaks the rules of its protocol; the record of it says how."),
    _risk(CLEARTEXT_CREDENTIALS, "A password, token or community string was sent without encryption."),
    _risk(OBSOLETE_PROTOCOL, "The protocol, or its version in use, was withdrawn by those who made it."),
    _risk("weak-cryptography",
          "The two ends agreed on an algorithm or key that is no longer held to be strong."),
    _risk("tls-obsolete-version", "The server chose SSL, TLS 1.0 or TLS 1.1 (RFC 8996 withdrew them)."),
    _risk("tls-weak-cipher",
          "The server chose a suite without encryption or authentication, or with RC4, DES, 3DES or EXPORT."),
    _risk("tls-no-server-name", "The client's hello names no server (no SNI)."),
    _risk("tls-ech", "The client's hello holds an encrypted one, real or made up: the true name may differ."),
    _risk("certificate-expired", "A certificate that the server showed had expired when it was shown."),
    _risk("certificate-not-yet-valid", "A certificate that the server showed was not valid yet."),
    _risk("certificate-self-signed", "The server's own certificate names itself as its issuer."),
    _risk("certificate-name-mismatch", "The server's certificate is not made out for the name asked for."),
    _risk("certificate-weak-key",
          "A certificate's key is RSA or DSA below 2048 bits, or an elliptic curve below 224."),
    _risk("certificate-weak-signature", "A certificate other than a root is signed with MD5 or SHA-1."),
    _risk("dns-long-label", "A name in a query has a label of 52 characters or more (the limit is 63)."),
    _risk("dns-random-name",
          "A label of 24 characters or more in a query looks random: 3.9 bits of entropy a character."),
    _risk("dns-tunnel-record",
          "A query asked for NULL or a private record type, or was the tenth for TXT in one flow."),
)  # fmt: skip

NAMES = frozenset(risk.name for risk in RISKS)
