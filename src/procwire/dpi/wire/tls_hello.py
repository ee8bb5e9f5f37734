# cython: cdivision=True
"""ClientHello and ServerHello, taken apart (RFC 8446 section 4.1, RFC 5246 section 7.4.1, RFC 9147).

It splits a message into its fields and reads single extensions; it neither names what it finds nor judges
it. Bounds are checked on every index (this module is compiled with ``boundscheck`` on): every byte here was
written by a stranger. A message whose fixed part does not parse raises ProtocolError; a fault inside the
extensions is told in ``malformed`` and what was read before it is kept.
"""

from __future__ import annotations

import cython
import msgspec

from procwire.dpi.contract import ProtocolError

SERVER_NAME = 0
GROUPS = 10
SIGNATURES = 13
ALPN = 16
TICKET = 35
PRE_SHARED_KEY = 41
EARLY_DATA = 42
VERSIONS = 43
KEY_SHARE = 51
QUIC_PARAMETERS = 57
QUIC_PARAMETERS_DRAFT = 0xFFA5
ECH = 0xFE0D
TLS12 = 0x0303
TLS13 = 0x0304
DTLS_LEAST = 0xFE00  # versions of DTLS are above (RFC 9147 section 5.3)

HELLO_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""SHA-256 of "HelloRetryRequest": a ServerHello with this random is one (RFC 8446 section 4.1.3)."""

MAX_NAME_BYTES = 255  # a DNS name (RFC 1035 section 2.3.4); longer server names are cut and told as malformed


class Hello(msgspec.Struct, gc=False):
    """One hello. Lists stay as they stood on the wire: two bytes a number, without the length before them."""

    version: int  # legacy_version
    random: bytes
    session_id: bytes = b""
    ciphers: bytes = b""  # a ServerHello has exactly one
    compressions: bytes = b""
    kinds: bytes = b""  # extension types in the order they stood
    bodies: dict[int, bytes] = {}
    malformed: str = ""


@cython.cfunc
@cython.inline
def _u16(data: bytes, at: cython.Py_ssize_t) -> cython.int:
    high: cython.int = data[at]
    low: cython.int = data[at + 1]
    return (high << 8) | low


def _read_extensions(hello: Hello, data: bytes, start: cython.Py_ssize_t) -> None:
    """Split the extension block that starts at ``start``; the first fault ends it."""
    size: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t = start
    end: cython.Py_ssize_t
    length: cython.Py_ssize_t
    kind: cython.int
    if at == size:
        return
    if at + 2 > size:
        hello.malformed = "extension block is cut"
        return
    end = at + 2 + _u16(data, at)
    if end != size:
        hello.malformed = "extension block length does not fit the message"
        end = min(end, size)
    at += 2
    kinds: bytearray = bytearray()
    bodies: dict[int, bytes] = {}
    while at < end:
        if at + 4 > end:
            hello.malformed = "extension header is cut"
            break
        kind = _u16(data, at)
        length = _u16(data, at + 2)
        kinds.append(data[at])
        kinds.append(data[at + 1])
        if at + 4 + length > end:
            hello.malformed = "extension body is cut"
            break
        if kind in bodies:
            hello.malformed = "extension appears twice"
        else:
            bodies[kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
    hello.kinds = bytes(kinds)
    hello.bodies = bodies


def read_client_hello(data: bytes, *, cookie: bool = False) -> Hello:
    """The body of a ClientHello message (behind the four bytes of type and length).

    ``cookie``: DTLS, whose hello has a cookie behind the session id (RFC 9147 section 5.3).
    """
    size: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t
    length: cython.Py_ssize_t
    if size < 38:
        raise ProtocolError("ClientHello is shorter than its fixed fields")
    length = data[34]
    at = 35 + length
    session_id = data[35:at]
    if length > 32:
        raise ProtocolError("session id is longer than 32 bytes")
    if cookie and at < size:
        length = data[at]
        at += 1 + length
    if at + 2 > size:
        raise ProtocolError("ClientHello ends before its cipher suites")
    length = _u16(data, at)
    if length & 1 or at + 2 + length + 1 > size:
        raise ProtocolError("cipher suites do not fit the ClientHello")
    ciphers = data[at + 2 : at + 2 + length]
    at += 2 + length
    length = data[at]
    if at + 1 + length > size:
        raise ProtocolError("compression methods do not fit the ClientHello")
    hello = Hello(_u16(data, 0), data[2:34], session_id, ciphers, data[at + 1 : at + 1 + length])
    _read_extensions(hello, data, at + 1 + length)
    return hello


def read_server_hello(data: bytes) -> Hello:
    """The body of a ServerHello message. A HelloRetryRequest is one, with HELLO_RETRY_RANDOM."""
    size: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t
    length: cython.Py_ssize_t
    version: cython.int
    if size < 37:
        raise ProtocolError("ServerHello is shorter than its fixed fields")
    version = _u16(data, 0)
    if 0x7F0E <= version <= 0x7F15:  # drafts 14 to 21 of TLS 1.3 had neither session id nor compression
        hello = Hello(version, data[2:34], b"", data[34:36], b"\0")
        _read_extensions(hello, data, 36)
        return hello
    length = data[34]
    at = 35 + length
    if length > 32 or at + 3 > size:
        raise ProtocolError("session id does not fit the ServerHello")
    hello = Hello(version, data[2:34], data[35:at], data[at : at + 2], data[at + 2 : at + 3])
    _read_extensions(hello, data, at + 3)
    return hello


def read_sslv2_hello(data: bytes) -> Hello:
    """The body of an SSLv2-framed ClientHello, behind its message type (RFC 5246 appendix E.2)."""
    size: cython.Py_ssize_t = len(data)
    if size < 8:
        raise ProtocolError("SSLv2 ClientHello is shorter than its fixed fields")
    specs: cython.Py_ssize_t = _u16(data, 2)
    session: cython.Py_ssize_t = _u16(data, 4)
    challenge: cython.Py_ssize_t = _u16(data, 6)
    if specs % 3 or 8 + specs + session + challenge != size:
        raise ProtocolError("SSLv2 ClientHello lengths do not add up")
    ciphers = bytearray()
    at: cython.Py_ssize_t
    for at in range(8, 8 + specs, 3):
        if data[at] == 0:  # the suites that SSLv3 and TLS know; SSLv2's own kinds have three bytes
            ciphers += data[at + 1 : at + 3]
    start: cython.Py_ssize_t = 8 + specs
    random = data[start + session :].rjust(32, b"\0")[-32:]
    return Hello(_u16(data, 0), random, data[start : start + session], bytes(ciphers), b"\0")


@cython.cfunc
@cython.inline
def _is_grease(high: cython.int, low: cython.int) -> cython.bint:
    return high == low and (high & 0x0F) == 0x0A


def without_grease(numbers: bytes) -> bytes:
    """A list of two-byte numbers without the reserved ones of RFC 8701. A trailing odd byte is dropped."""
    size: cython.Py_ssize_t = len(numbers)
    at: cython.Py_ssize_t
    if size & 1:
        numbers = numbers[: size - 1]
        size -= 1
    kept = bytearray()
    start: cython.Py_ssize_t = 0
    for at in range(0, size, 2):
        if _is_grease(numbers[at], numbers[at + 1]):
            kept += numbers[start:at]
            start = at + 2
    if start == 0:
        return numbers
    kept += numbers[start:size]
    return bytes(kept)


def counted16(body: bytes) -> bytes:
    """What stands behind a two-byte length, as far as it is there."""
    if len(body) < 2:
        return b""
    return body[2 : 2 + _u16(body, 0)]


def counted8(body: bytes) -> bytes:
    """What stands behind a one-byte length, as far as it is there."""
    if not body:
        return b""
    return body[1 : 1 + body[0]]


def host_name(body: bytes) -> bytes:
    """The first host_name of a server_name extension (RFC 6066 section 3); empty where there is none."""
    size: cython.Py_ssize_t = len(body)
    at: cython.Py_ssize_t = 2
    length: cython.Py_ssize_t
    while at + 3 <= size:
        length = _u16(body, at + 1)
        if body[at] == 0:
            return body[at + 3 : at + 3 + min(length, MAX_NAME_BYTES)]
        at += 3 + length
    return b""


def alpn_names(body: bytes) -> list[bytes]:
    """The protocol names of an ALPN extension (RFC 7301 section 3.1), up to the first that is cut."""
    names: list[bytes] = []
    size: cython.Py_ssize_t = len(body)
    at: cython.Py_ssize_t = 2
    length: cython.Py_ssize_t
    while at < size:
        length = body[at]
        if at + 1 + length > size:
            break
        names.append(body[at + 1 : at + 1 + length])
        at += 1 + length
    return names


def key_share_groups(body: bytes) -> bytes:
    """The groups of a client's key_share extension (RFC 8446 section 4.2.8), two bytes each."""
    groups = bytearray()
    size: cython.Py_ssize_t = len(body)
    at: cython.Py_ssize_t = 2
    while at + 4 <= size:
        groups += body[at : at + 2]
        at += 4 + _u16(body, at + 2)
    return bytes(groups)


def chosen_version(hello: Hello) -> int:
    """The version that a ServerHello settles on (RFC 8446 section 4.2.1)."""
    body = hello.bodies.get(VERSIONS, b"")
    return (body[0] << 8) | body[1] if len(body) == 2 else hello.version
