# cython: cdivision=True
"""The TLS record layer before encryption (RFC 8446 section 5.1): handshake messages and alerts out of chunks.

One ``Records`` a side. It puts records together from any chunks and handshake messages from any records; it
holds at most one record and one message, and refuses what is longer than the bounds below. Records that are
encrypted, or that nobody wants, are passed over without being kept.
"""

from __future__ import annotations

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


class Records:
    """One side's records: ``feed`` a chunk, then take ``next_record`` until there is none.

    ``opaque`` is the reader's to set, between two records: handshake records are encrypted from here on.
    """

    __slots__ = (
        "_at",
        "_buffer",
        "_data",
        "_message",
        "_need",
        "_pass",
        "_resync",
        "gapped",
        "lost",
        "opaque",
    )

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._buffer = bytearray()  # a record that is not whole yet
        self._need = HEADER_BYTES  # bytes at which the buffer is worth a look
        self._pass = 0  # bytes of a record still to be passed over
        self._message = bytearray()  # a handshake message that is not whole yet
        self._resync = False
        self.opaque = False
        self.gapped = False  # bytes that mattered were not seen
        self.lost = False  # the record boundary is not known any more

    def feed(self, data: bytes) -> None:
        """The next bytes of the stream."""
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._need:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        self._data = data
        self._at = 0

    def next_record(self) -> tuple[int, bytes, int] | None:
        """Type, body and length of the next whole record; of one that is not in clear only its first bytes.

        Raises ProtocolError where no TLS record can stand.
        """
        data: bytes = self._data
        at: cython.Py_ssize_t = self._at
        size: cython.Py_ssize_t = len(data)
        passed: cython.Py_ssize_t = min(self._pass, size - at)
        at += passed
        self._pass -= passed
        if at + HEADER_BYTES > size or self.lost:
            self._keep(at, HEADER_BYTES)
            return None
        length: cython.Py_ssize_t = self._length_at(data, at)
        if length < 0:
            self._keep(size, HEADER_BYTES)
            return None
        kind: cython.int = data[at]
        kept: cython.Py_ssize_t = length
        if kind != HANDSHAKE or self.opaque:
            kept = min(length, KEPT_BYTES)
        if at + HEADER_BYTES + kept > size:
            self._keep(at, HEADER_BYTES + kept)
            return None
        at += HEADER_BYTES
        self._at = at + kept
        self._pass = length - kept
        return kind, data[at : at + kept], length

    def _keep(self, at: cython.Py_ssize_t, need: cython.Py_ssize_t) -> None:
        """Hold what is not whole yet until ``need`` bytes of it are there."""
        if at < len(self._data):
            self._buffer += self._data[at:]
        self._need = need
        self._data = b""
        self._at = 0

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

    def gap(self, size: int) -> None:
        """``size`` bytes are missing. Inside a record that is passed over it does not matter."""
        if size <= self._pass:
            self._pass -= size
            return
        self._pass = 0
        self._buffer.clear()
        self._message.clear()
        self._need = HEADER_BYTES
        self._resync = self.gapped = True

    def messages(self, body: bytes) -> list[tuple[int, bytes]]:
        """The handshake messages that a record completes, as (type, body)."""
        found: list[tuple[int, bytes]] = []
        at: cython.Py_ssize_t = 0
        length: cython.Py_ssize_t
        size: cython.Py_ssize_t
        if self._message:
            self._message += body
            if len(self._message) < 4 or len(self._message) < 4 + self._wanted():
                return found
            body = bytes(self._message)
            self._message.clear()
        size = len(body)
        while at + 4 <= size:
            length = (body[at + 1] << 16) | (body[at + 2] << 8) | body[at + 3]
            if length > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"handshake message of {length} bytes")
            if at + 4 + length > size:
                break
            found.append((body[at], body[at + 4 : at + 4 + length]))
            at += 4 + length
        if at < size:
            self._message += body[at:]
            if size - at >= 4:
                self._wanted()
        return found

    def _wanted(self) -> int:
        message = self._message
        length = (message[1] << 16) | (message[2] << 8) | message[3]
        if length > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"handshake message of {length} bytes")
        return length
