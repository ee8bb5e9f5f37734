"""A Certificate message that was sent compressed (RFC 8879), made whole again within a bound.

Browsers and OpenSSL since 3.2 offer it, and a server of many names saves a packet or two by it. The message
says how long it becomes: what becomes longer, or not so long, is not what was sent.
"""

from __future__ import annotations

from procwire.dpi.wire.content_coding import decoded

COMPRESSED_CERTIFICATE = 25  # RFC 8879 section 4
MAX_BYTES = 1 << 18  # of certificates in one message, unfolded; those of real chains are some kilobytes
_CODINGS = {1: "deflate", 2: "br", 3: "zstd"}  # by number, RFC 8879 section 7.3; 1 is zlib's format


def unfolded(body: bytes) -> tuple[bytes, str]:
    """The Certificate message within a CompressedCertificate, and a fault that says why there is none."""
    if len(body) < 8:
        return b"", "a compressed certificate is cut"
    algorithm, length = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:5], "big")
    coding = _CODINGS.get(algorithm)
    if coding is None:
        return b"", f"compressed by algorithm {algorithm}, which is not known"
    if int.from_bytes(body[5:8], "big") != len(body) - 8:
        return b"", "the compressed length does not fit the message"
    if length > MAX_BYTES:
        return b"", f"it would become {length} bytes, more than {MAX_BYTES}"
    message, fault = decoded(body[8:], coding, length)
    if not fault and len(message) != length:
        fault = f"it became {len(message)} bytes where {length} were said"
    return (b"", fault) if fault else (message, "")
