# cython: language_level=3
"""Distinguished Encoding Rules (X.690), as far as certificates need them: reading only, definite lengths.

Every read is bounded by the element it stands in; what does not fit raises DerError.
"""

from __future__ import annotations

from collections.abc import Iterator

import cython

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
SEQUENCE, SET = 0x30, 0x31
MAX_OID_BYTES = 64


class DerError(ValueError):
    """The bytes are not DER."""


@cython.ccall
def element(data: bytes, at: cython.Py_ssize_t, end: cython.Py_ssize_t) -> tuple[int, int, int]:
    """Tag, start and end of the value of the element at ``at``; it must end by ``end``."""
    if at + 2 > end or end > len(data):
        raise DerError("element is cut")
    tag: cython.int = data[at]
    length: cython.Py_ssize_t = data[at + 1]
    count: cython.int
    at += 2
    if tag & 0x1F == 0x1F:
        raise DerError("tag of several bytes")
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or at + count > end:
            raise DerError("length is cut, indefinite or absurd")
        length = 0
        for _ in range(count):
            length = (length << 8) | data[at]
            at += 1
    if at + length > end:
        raise DerError("element is longer than what it stands in")
    return tag, at, at + length


def elements(data: bytes, at: cython.Py_ssize_t, end: cython.Py_ssize_t) -> Iterator[tuple[int, int, int]]:
    """The elements that stand between two offsets."""
    while at < end:
        one = element(data, at, end)
        yield one
        at = one[2]


def expect(data: bytes, at: cython.Py_ssize_t, end: cython.Py_ssize_t, tag: cython.int) -> tuple[int, int]:
    """Start and end of the value at ``at``, which must have this tag."""
    found, start, stop = element(data, at, end)
    if found != tag:
        raise DerError(f"tag {found:#04x} where {tag:#04x} belongs")
    return start, stop


def dotted(value: bytes, limit: int = MAX_OID_BYTES) -> str:
    """An object identifier's value in dotted form."""
    if not value or len(value) > limit:
        raise DerError("object identifier is empty or too long")
    arcs: list[int] = []
    number = 0
    for byte in value:
        number = (number << 7) | (byte & 0x7F)
        if not byte & 0x80:
            arcs.append(number)
            number = 0
    if value[-1] & 0x80:
        raise DerError("object identifier is cut")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
