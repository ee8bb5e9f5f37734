# cython: language_level=3
"""Whole TLS records and handshake messages out of a stream, for a reader that wants every byte of them.

``dpi.wire.tls_record`` passes over what is encrypted; here it is kept: one record and one handshake message a
side at most. After a gap the next plausible header is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from procwire.dpi.wire.tls_record import HEADER_BYTES, MAX_MESSAGE_BYTES, MAX_RECORD_BYTES, plausible

Record = tuple[bytes, bytes]  # header, body
_NONE: tuple[Record, ...] = ()


class RecordStream:
    """One side. ``lost``: bytes passed over in search of a record."""

    __slots__ = ("_held", "_need", "_parts", "_seeking", "lost")

    def __init__(self) -> None:
        self._parts: list[bytes] = []  # of a record that is not whole; joined once, when it is
        self._held = 0
        self._need = HEADER_BYTES
        self._seeking = False
        self.lost = 0

    def feed(self, data: bytes) -> Sequence[Record]:
        """The records that are whole now."""
        if self._parts:
            self._parts.append(data)
            self._held += len(data)
            if self._held < self._need:
                return _NONE
            data = b"".join(self._parts)
            self._parts = []
        found: list[Record] = []
        at = self._read(data, found)
        self._held = len(data) - at
        if self._held:
            self._parts.append(data[at:])
        return found

    def _read(self, data: bytes, found: list[Record]) -> int:
        """Takes the whole records off the front; returns where the rest begins."""
        at, size = 0, len(data)
        self._need = HEADER_BYTES
        while at + HEADER_BYTES <= size:
            header = data[at : at + HEADER_BYTES]
            if not plausible(header):
                behind = self._seek(data, at + 1)
                self.lost += behind - at
                at = behind
                continue
            end = at + HEADER_BYTES + (header[3] << 8 | header[4])
            if end > size:
                self._need = end - at
                break
            if self._seeking and end + HEADER_BYTES <= size and not plausible(data[end : end + HEADER_BYTES]):
                at += 1
                self.lost += 1
                continue
            self._seeking = False
            found.append((header, data[at + HEADER_BYTES : end]))
            at = end
        return at

    def gap(self) -> None:
        """Bytes are missing: what follows may begin anywhere in a record."""
        self.lost += self._held
        self._parts, self._held, self._need = [], 0, HEADER_BYTES
        self._seeking = True

    def _seek(self, data: bytes, at: int) -> int:
        """The next place where a record could start; what is left of the data where there is none."""
        self._seeking = True
        last = len(data) - HEADER_BYTES
        while at <= last:
            at = data.find(b"\x03", at + 1, len(data) - 3) - 1
            if at < 0:
                break
            if plausible(data[at : at + HEADER_BYTES]):
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
