# cython: cdivision=True
"""Fingerprints of hellos: JA4 (client, BSD-3), JA3 and JA3S (BSD). It reads bytes and gives text.

JA4 as its specification has it: GREASE (RFC 8701) is left out everywhere; an empty list hashes to twelve
zeros; a first ALPN value whose first or last byte is not alphanumeric is shown by its hex form (but see
``_alpn_part`` for values that are ASCII at neither end). The other
members of that family carry a licence that forbids shipping them, and are not here.
"""

from __future__ import annotations

from functools import lru_cache

import cython

from procwire.dpi.wire.tls_hello import (
    ALPN,
    GROUPS,
    SERVER_NAME,
    SIGNATURES,
    VERSIONS,
    Hello,
    alpn_names,
    counted8,
    counted16,
    without_grease,
)
from procwire.model.digests import md5, sha256

EMPTY_HASH = "000000000000"
MAX_COUNT = 99
MAX_CACHED = 2048  # entries; clients repeat themselves
MAX_CACHED_BYTES = 1024  # longer lists are hostile or rare, and are not kept
POINT_FORMATS = 11

_VERSIONS = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]


def _numbers(raw: bytes) -> list[int]:
    at: cython.Py_ssize_t
    found: list[int] = []
    for at in range(0, len(raw) - 1, 2):
        found.append((raw[at] << 8) | raw[at + 1])  # noqa: PERF401 - quicker compiled
    return found


def _raw(numbers: list[int]) -> bytes:
    number: cython.int
    found: bytearray = bytearray()
    for number in numbers:
        found.append(number >> 8)
        found.append(number & 0xFF)
    return bytes(found)


def _sorted_kinds(kinds: bytes) -> bytes:
    """Extension types in order, without SNI and ALPN, which stand in JA4's first part."""
    numbers = _numbers(kinds)
    numbers.sort()
    return _raw([number for number in numbers if number not in (SERVER_NAME, ALPN)])


def _cipher_part(numbers: bytes) -> tuple[str, str]:
    """Count and hash of the cipher suites, GREASE among them."""
    kept = without_grease(numbers)
    if not kept:
        return "00", EMPTY_HASH
    count = min(len(kept) // 2, MAX_COUNT)
    return f"{count:02d}", _digest(_raw(sorted(_numbers(kept))).hex(",", 2))


def _extension_hash(kinds: bytes, signatures: bytes) -> str:
    """Hash of the sorted extension types (no GREASE among them) and the signature algorithms in order."""
    if not kinds:
        return EMPTY_HASH
    text = kinds.hex(",", 2)
    return _digest(f"{text}_{signatures.hex(',', 2)}" if signatures else text)


_cached_cipher_part = lru_cache(MAX_CACHED)(_cipher_part)
_cached_extension_hash = lru_cache(MAX_CACHED)(_extension_hash)


def _alpn_part(first: bytes) -> str:
    """First and last character, or digit of the hexadecimal form where either is no letter or digit.

    A name of which neither end is ASCII is 99, as in all published fingerprints: so both programs of the
    specification's authors (Rust, Python) write it, though its text ("ALPN Extension Value") asks for digits.
    Where those two differ among themselves (one end, or a single byte) it is as the text has it.
    """
    if not first:
        return "00"
    if len(first) > 1 and first[0] > 127 and first[-1] > 127:
        return "99"
    ends = first[:1] + first[-1:]
    if ends.isalnum():  # of bytes: ASCII letters and digits alone
        return ends.decode("ascii")
    shown = first.hex()
    return shown[0] + shown[-1]


def _version_part(hello: Hello, transport: str) -> str:
    offered = _numbers(without_grease(counted8(hello.bodies.get(VERSIONS, b""))))
    if not offered:
        return _VERSIONS.get(hello.version, "00")
    # DTLS counts its versions downwards (RFC 9147 section 5.3).
    return _VERSIONS.get(min(offered) if transport == "d" else max(offered), "00")


def ja4(hello: Hello, transport: str) -> str:
    """``transport``: ``t`` for TCP, ``q`` for QUIC, ``d`` for DTLS."""
    kinds = without_grease(hello.kinds)
    names = alpn_names(hello.bodies.get(ALPN, b""))
    signatures = without_grease(counted16(hello.bodies.get(SIGNATURES, b"")))
    ordered = _sorted_kinds(kinds)
    small = len(ordered) + len(signatures) + len(hello.ciphers) <= MAX_CACHED_BYTES
    if small:
        count, ciphers = _cached_cipher_part(hello.ciphers)
        extensions = _cached_extension_hash(ordered, signatures)
    else:
        count, ciphers = _cipher_part(hello.ciphers)
        extensions = _extension_hash(ordered, signatures)
    named = "d" if SERVER_NAME in hello.bodies else "i"
    version = _version_part(hello, transport)
    alpn = _alpn_part(names[0] if names else b"")
    extent = min(len(kinds) // 2, MAX_COUNT)
    return f"{transport}{version}{named}{count}{extent:02d}{alpn}_{ciphers}_{extensions}"


def _decimals(numbers: bytes) -> str:
    return "-".join([str(number) for number in _numbers(without_grease(numbers))])


_cached_decimals = lru_cache(MAX_CACHED)(_decimals)


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _listed(numbers: bytes) -> str:
    return _cached_decimals(numbers) if len(numbers) <= MAX_CACHED_BYTES else _decimals(numbers)


_cached_md5 = lru_cache(MAX_CACHED)(_md5)


def ja3(hello: Hello) -> str:
    """MD5 of ``version,ciphers,extensions,groups,point formats`` in decimal, GREASE left out."""
    groups = counted16(hello.bodies.get(GROUPS, b""))
    formats = "-".join([str(number) for number in counted8(hello.bodies.get(POINT_FORMATS, b""))])
    # Browsers shuffle their extensions (RFC 8701's spirit), so this list seldom repeats.
    kinds = _decimals(hello.kinds)
    return _md5(f"{hello.version},{_listed(hello.ciphers)},{kinds},{_listed(groups)},{formats}")


def ja3s(hello: Hello) -> str:
    """MD5 of ``version,cipher,extensions`` of a ServerHello, in decimal; the version is the legacy one."""
    text = f"{hello.version},{_decimals(hello.ciphers)},{_listed(hello.kinds)}"
    return _cached_md5(text) if len(text) <= MAX_CACHED_BYTES else _md5(text)
