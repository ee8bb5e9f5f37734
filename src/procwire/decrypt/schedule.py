"""Keys from secrets: HKDF-Expand-Label (RFC 8446 section 7.1), the PRFs of TLS 1.0 to 1.2, QUIC's labels.

What is returned is key material: the caller wipes it when a cipher has been made of it.
"""

from __future__ import annotations

import hmac
from hashlib import new as new_hash

from procwire.decrypt.wiping import wipe

TLS12 = 0x0303

Secretive = bytes | bytearray | memoryview


def expand_label(digest: str, secret: Secretive, label: str, length: int, *, prefix: str = "tls13 ") -> bytes:
    """HKDF-Expand-Label with an empty context. ``prefix``: "dtls13" for DTLS 1.3 (RFC 9147 section 5.9)."""
    name = prefix.encode() + label.encode()
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    block, out, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(secret, block + info + bytes([counter]), digest)
        out += block
        counter += 1
    return out[:length]


def next_secret(
    digest: str, secret: Secretive, *, label: str = "traffic upd", prefix: str = "tls13 "
) -> bytes:
    """The traffic secret after a key update (RFC 8446 section 7.2; QUIC: "quic ku", RFC 9001 section 6.1)."""
    return expand_label(digest, secret, label, new_hash(digest).digest_size, prefix=prefix)


def p_hash(digest: str, secret: Secretive, seed: bytes, length: int) -> bytes:
    """P_hash of RFC 5246 section 5."""
    out, chain = b"", seed
    while len(out) < length:
        chain = hmac.digest(secret, chain, digest)
        out += hmac.digest(secret, chain + seed, digest)
    return out[:length]


def prf(version: int, digest: str, secret: Secretive, seed: bytes, length: int) -> bytes:
    """The PRF of a TLS version: P_hash since 1.2, MD5 and SHA-1 together before (RFC 2246 section 5).

    ``seed``: with the label in front of it.
    """
    if version >= TLS12:
        return p_hash(digest, secret, seed, length)
    half = (len(secret) + 1) // 2
    left = p_hash("md5", secret[:half], seed, length)
    right = p_hash("sha1", secret[len(secret) - half :], seed, length)
    out = (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(length, "big")
    wipe(left)
    wipe(right)
    return out
