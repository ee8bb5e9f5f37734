# cython: language_level=3
"""Whole TLS records and handshake messages out of a stream, for a reader that wants every byte of them.

``dpi.wire.tls_record`` passes over what is encrypted; here it is kept: one record and one handshake message a
side at most. After a gap the next plausible header is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import cython

from procwire.dpi.wire.tls_record import HEADER_BYTES, MAX_MESSAGE_BYTES, MAX_RECORD_BYTES

Record = tuple[bytes, bytes]  # header, body
_NONE: tuple[Record, ...] = ()
_HEADER = cython.declare(cython.Py_ssize_t, HEADER_BYTES)
_LONGEST = cython.declare(cython.int, MAX_RECORD_BYTES)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _begins(data: bytes, at: cython.Py_ssize_t) -> cython.bint:
    """Could a record's header stand here? See tls_record.plausible."""
    if not (20 <= data[at] <= 24 and data[at + 1] == 3 and data[at + 2] <= 4):
        return False
    return 0 < (data[at + 3] << 8 | data[at + 4]) <= _LONGEST


@cython.cclass
class RecordStream:
    """One side. ``lost``: bytes passed over in search of a record."""

    _parts: list[bytes]  # of a record that is not whole; joined once, when it is
    held: cython.Py_ssize_t  # bytes of a record that is not whole
    _need: cython.Py_ssize_t
    _seeking: cython.bint
    lost: cython.longlong

    def __init__(self) -> None:
        self._parts = []
        self.held = 0
        self._need = HEADER_BYTES
        self._seeking = False
        self.lost = 0

    @cython.ccall
    @cython.exceptval(-1)
    def hold(self, data: bytes) -> cython.bint:
        """Bytes from the middle of a record, as nearly all are: kept, and True. Of others nothing is done."""
        held: cython.Py_ssize_t = self.held
        if held == 0 or held + len(data) >= self._need:
            return False
        self._parts.append(data)
        self.held = held + len(data)
        return True

    @cython.ccall
    def feed(self, data: bytes) -> Sequence[Record]:
        """The records that are whole now."""
        if self.held:
            if self.hold(data):
                return _NONE
            self._parts.append(data)
            data = b"".join(self._parts)
            self._parts = []
        found: list[Record] = []
        at: cython.Py_ssize_t = self._read(data, found)
        self.held = len(data) - at
        if self.held:
            self._parts.append(data[at:])
        return found

    @cython.cfunc
    @cython.exceptval(-1)
    def _read(self, data: bytes, found: list[Record]) -> cython.Py_ssize_t:
        """Takes the whole records off the front; returns where the rest begins."""
        at: cython.Py_ssize_t = 0
        size: cython.Py_ssize_t = len(data)
        end: cython.Py_ssize_t
        self._need = HEADER_BYTES
        while at + _HEADER <= size:
            if not _begins(data, at):
                end = self._seek(data, at + 1)
                self.lost += end - at
                at = end
                continue
            end = at + _HEADER + (data[at + 3] << 8 | data[at + 4])
            if end > size:
                self._need = end - at
                break
            if self._seeking and end + _HEADER <= size and not _begins(data, end):
                at += 1
                self.lost += 1
                continue
            self._seeking = False
            found.append((data[at : at + _HEADER], data[at + _HEADER : end]))
            at = end
        return at

    def gap(self) -> None:
        """Bytes are missing: what follows may begin anywhere in a record."""
        self.lost += self.held
        self._parts, self.held, self._need = [], 0, HEADER_BYTES
        self._seeking = True

    @cython.cfunc
    @cython.exceptval(-1)
    def _seek(self, data: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The next place where a record could start; what is left of the data where there is none."""
        self._seeking = True
        last: cython.Py_ssize_t = len(data) - HEADER_BYTES
        while at <= last:
            at = data.find(b"\x03", at + 1, len(data) - 3) - 1
            if at < 0:
                break
            if _begins(data, at):
                return at
            at += 1
        return max(last + 1, 0)


class Messages:
    """Handshake messages out of records' content."""

    __slots__ = ("_buffer", "overlong")

    def __init__(self) -> None:
        self._buffer = b""
        self.overlong = 0  # messages above the bound, with all that stood behind them in the buffer

    def feed(self, content: bytes) -> list[tuple[int, bytes]]:
        """(type, body) of the messages that are whole now."""
        data = self._buffer + content if self._buffer else content
        found: list[tuple[int, bytes]] = []
        at, size = 0, len(data)
        while at + 4 <= size:
            length = int.from_bytes(data[at + 1 : at + 4], "big")
            if length > MAX_MESSAGE_BYTES:
                self.overlong += 1
                at = size
                break
            end = at + 4 + length
            if end > size:
                break
            found.append((data[at], data[at + 4 : end]))
            at = end
        self._buffer = data[at:]
        return found

    def clear(self) -> None:
        """Forget what is not whole."""
        self._buffer = b""


MAX_HELD_BYTES = MAX_RECORD_BYTES + HEADER_BYTES + MAX_MESSAGE_BYTES
"""What one side of one connection may hold here."""
