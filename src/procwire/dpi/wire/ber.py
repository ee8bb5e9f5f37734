"""Messages in the Basic Encoding Rules (X.690), as SNMP, LDAP and Kerberos use them: a cursor over ``der``.

Definite lengths and tags of one byte only, which is all these protocols allow (RFC 4511 section 5.1). A
cursor cannot leave the element it stands in, and nothing here recurses: depth is what a caller descends.
"""

from __future__ import annotations

from procwire.dpi.wire import der
from procwire.dpi.wire.der import DerError

__all__ = ["Cursor", "DerError", "header", "whole"]

MAX_INTEGER_BYTES = 9  # a 64 bit counter with its sign
MAX_OID_BYTES = 640  # RFC 2578 section 3.5: 128 sub-identifiers of up to 5 bytes
MAX_HEADER = 6  # tag, length of the length, 4 bytes of it


def header(data: bytes | bytearray) -> int:
    """Whole length of the element at the start, 0 where its header is not there yet. Raises DerError."""
    if len(data) < 2:
        return 0
    if data[0] & 0x1F == 0x1F:
        raise DerError("tag of several bytes")
    if not data[1] & 0x80:
        return 2 + data[1]
    count = data[1] & 0x7F
    if not 1 <= count <= 4:
        raise DerError("length is indefinite or absurd")
    if len(data) < 2 + count:
        return 0
    return 2 + count + int.from_bytes(data[2 : 2 + count], "big")


class Cursor:
    """Reads elements one behind the other, up to ``end``. Raises DerError."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    @property
    def tag(self) -> int:
        """Tag of the next element, or -1 behind the last."""
        return self.data[self.at] if self.at < self.end else -1

    def into(self, tag: int) -> Cursor:
        """Step over the next element, which must have this tag; a cursor over what is in it."""
        start, stop = der.expect(self.data, self.at, self.end, tag)
        self.at = stop
        return Cursor(self.data, start, stop)

    def next(self) -> tuple[int, Cursor]:
        """Step over the next element; its tag, and a cursor over what is in it."""
        tag, start, stop = der.element(self.data, self.at, self.end)
        self.at = stop
        return tag, Cursor(self.data, start, stop)

    def optional(self, tag: int) -> Cursor | None:
        """As ``into`` where the next element has this tag, else None and nothing is read."""
        return self.into(tag) if self.tag == tag else None

    def octets(self, tag: int = der.OCTET_STRING) -> bytes:
        """The value of the next element."""
        return self.into(tag).rest

    def integer(self, tag: int = der.INTEGER) -> int:
        """The next element as a signed number."""
        return self.into(tag).number

    @property
    def rest(self) -> bytes:
        """All that is left in here."""
        return self.data[self.at : self.end]

    @property
    def number(self) -> int:
        """All that is left in here as a signed number."""
        if not 1 <= self.end - self.at <= MAX_INTEGER_BYTES:
            raise DerError("number is empty or too long")
        return int.from_bytes(self.rest, "big", signed=True)

    @property
    def oid(self) -> str:
        """All that is left in here as an object identifier."""
        return der.dotted(self.rest, MAX_OID_BYTES)


def whole(data: bytes) -> Cursor:
    """A cursor before the one element that starts the bytes."""
    return Cursor(data, 0, len(data))
