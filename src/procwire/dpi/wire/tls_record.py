# cython: cdivision=True
"""The TLS record layer before encryption (RFC 8446 section 5.1): handshake messages and alerts out of chunks.

One ``Records`` a side. It puts records together from any chunks and handshake messages from any records; it
holds at most one record and one message, and refuses what is longer than the bounds below. Records that are
encrypted, or that nobody wants, are passed over without being kept.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.contract import ProtocolError

CHANGE_CIPHER_SPEC = 20
ALERT = 21
HANDSHAKE = 22
APPLICATION_DATA = 23
HEARTBEAT = 24

MAX_RECORD_BYTES = 2**14 + 2048  # RFC 5246 section 6.2.3; TLS 1.3 allows 2**14 + 256
MAX_MESSAGE_BYTES = 2**17  # a handshake message; OpenSSL's own bound for certificate chains is 100 KiB
HEADER_BYTES = 5
KEPT_BYTES = 64  # of a record that is not handshake
_HANDSHAKE = cython.declare(cython.int, HANDSHAKE)
_KEPT = cython.declare(cython.Py_ssize_t, KEPT_BYTES)


@cython.cfunc
@cython.inline
def _plausible(data: bytes, at: cython.Py_ssize_t) -> cython.bint:
    kind: cython.int = data[at]
    return 20 <= kind <= 24 and data[at + 1] == 3 and data[at + 2] <= 4


def plausible(data: bytes) -> bool:
    """Do five bytes look like a record's header?"""
    if len(data) < HEADER_BYTES or not _plausible(data, 0):
        return False
    return 0 < (data[3] << 8 | data[4]) <= MAX_RECORD_BYTES


@cython.cclass
class Records:
    """One side's records: ``feed`` a chunk, then take ``next_record`` until there is none.

    ``opaque`` is the reader's to set, between two records: handshake records are encrypted from here on.
    Compiled readers take ``advance`` and ``message`` instead, which make no tuples.
    """

    kind: cython.int  # of the record that ``advance`` found
    length: cython.Py_ssize_t  # and its length on the wire
    number: cython.int  # type of the message that ``message`` found
    opaque: cython.bint
    gapped: cython.bint  # bytes that mattered were not seen
    lost: cython.bint  # the record boundary is not known any more
    _data: bytes
    _at: cython.Py_ssize_t
    _from: cython.Py_ssize_t  # the body, as far as it is kept, in ``_data``
    _to: cython.Py_ssize_t
    _body: bytes  # what messages are being taken from
    _next: cython.Py_ssize_t
    _end: cython.Py_ssize_t
    _buffer: Any  # a record that is not whole yet
    _need: cython.Py_ssize_t
    _pass: cython.longlong  # bytes of a record that are still to be passed over
    _message: Any  # a handshake message that is not whole yet
    _resync: cython.bint

    def __init__(self) -> None:
        self.kind = self.number = 0
        self.length = 0
        self.opaque = self.gapped = self.lost = self._resync = False
        self._data = self._body = b""
        self._at = self._from = self._to = self._next = self._end = 0
        self._buffer = self._message = None
        self._need = HEADER_BYTES
        self._pass = 0

    @cython.ccall
    def feed(self, data: bytes) -> object:
        """The next bytes of the stream."""
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._need:
                return None
            data = bytes(self._buffer)
            self._buffer = None
        self._data = data
        self._at = 0
        return None

    def next_record(self) -> tuple[int, bytes, int] | None:
        """Type, body and length of the next whole record; of one that is not in clear only its first bytes.

        Raises ProtocolError where no TLS record can stand.
        """
        return (self.kind, self.body(), self.length) if self.advance() else None

    @cython.ccall
    def body(self) -> bytes:
        """The body of the record that was found, as far as it is kept."""
        return self._data[self._from : self._to]

    @cython.ccall
    @cython.exceptval(-1, check=True)
    def advance(self) -> cython.bint:
        """Find the next whole record: sets ``kind`` and ``length``. Raises as ``next_record`` does."""
        data: bytes = self._data
        at: cython.Py_ssize_t = self._at
        size: cython.Py_ssize_t = len(data)
        passed: cython.Py_ssize_t = min(self._pass, size - at)
        at += passed
        self._pass -= passed
        if at + HEADER_BYTES > size or self.lost:
            self._keep(at, HEADER_BYTES)
            return False
        length: cython.Py_ssize_t = self._length_at(data, at)
        if length < 0:
            self._keep(size, HEADER_BYTES)
            return False
        kind: cython.int = data[at]
        kept: cython.Py_ssize_t = length
        if kind != _HANDSHAKE or self.opaque:
            kept = min(length, _KEPT)
        if at + HEADER_BYTES + kept > size:
            self._keep(at, HEADER_BYTES + kept)
            return False
        at += HEADER_BYTES
        self.kind = kind
        self.length = length
        self._from = at
        self._at = self._to = at + kept
        self._pass = length - kept
        return True

    @cython.cfunc
    def _keep(self, at: cython.Py_ssize_t, need: cython.Py_ssize_t) -> object:
        """Hold what is not whole yet until ``need`` bytes of it are there."""
        if at < len(self._data):
            if self._buffer is None:
                self._buffer = bytearray()
            self._buffer += self._data[at:]
        self._need = need
        self._data = b""
        self._at = 0
        return None

    @cython.cfunc
    @cython.exceptval(-2, check=True)
    def _length_at(self, data: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The length in the header at ``at``; -1 where the stream was lost in a gap."""
        length: cython.Py_ssize_t = (data[at + 3] << 8) | data[at + 4]
        if _plausible(data, at) and length <= MAX_RECORD_BYTES:
            self._resync = False
            return length
        if self._resync:
            self.lost = True
            return -1
        if not _plausible(data, at):
            raise ProtocolError("no TLS record header where one belongs")
        raise ProtocolError(f"record of {length} bytes")

    @cython.ccall
    def gap(self, size: cython.longlong) -> object:
        """``size`` bytes are missing. Inside a record that is passed over it does not matter."""
        if size <= self._pass:
            self._pass -= size
            return None
        self._pass = 0
        self._buffer = self._message = None
        self._need = HEADER_BYTES
        self._resync = self.gapped = True
        return None

    def messages(self, body: bytes) -> list[tuple[int, bytes]]:
        """The handshake messages that a record completes, as (type, body)."""
        found: list[tuple[int, bytes]] = []
        self._begin(body, 0, len(body))
        while (one := self.message()) is not None:
            found.append((self.number, one))
        return found

    @cython.ccall
    def begin(self) -> object:
        """Take messages from the record that was found."""
        return self._begin(self._data, self._from, self._to)

    @cython.cfunc
    def _begin(self, body: bytes, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> object:
        self._next = start
        self._end = end
        if self._message is not None:
            self._message += body[start:end]
            self._next = self._end = 0
            if len(self._message) < 4 or len(self._message) < 4 + self._wanted():
                return None
            body = bytes(self._message)
            self._message = None
            self._end = len(body)
        self._body = body
        return None

    @cython.ccall
    def message(self) -> Any:
        """The body of the next whole message, its type in ``number``; None where there is none."""
        body: bytes = self._body
        at: cython.Py_ssize_t = self._next
        length: cython.Py_ssize_t
        if at + 4 <= self._end:
            length = (body[at + 1] << 16) | (body[at + 2] << 8) | body[at + 3]
            if length > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"handshake message of {length} bytes")
            if at + 4 + length <= self._end:
                self.number = body[at]
                self._next = at + 4 + length
                return body[at + 4 : at + 4 + length]
        if at < self._end:
            self._message = bytearray(body[at : self._end])
        self._next = self._end = 0
        self._body = b""
        return None

    def _wanted(self) -> int:
        message = self._message
        length = (message[1] << 16) | (message[2] << 8) | message[3]
        if length > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"handshake message of {length} bytes")
        return length
