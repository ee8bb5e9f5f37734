"""HTTP/2's frames, and header blocks with the state that their compression needs (RFC 9113, RFC 7541).

One instance a side. Contents of DATA are passed over, but for streams in ``kept``. A header list beyond
``MAX_LIST`` or a block beyond ``MAX_BLOCK`` is refused whatever it would unfold to: that is the bound against
HPACK bombs. The tables of ``hpack`` are loaded with the first connection, not before.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import msgspec

from procwire.dpi.contract import ProtocolError

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    range(10)
)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 0x20

MAX_HEAD = 1 << 16  # payload of a frame other than DATA
MAX_BLOCK = 1 << 16  # of a header block with its continuations
MAX_LIST = 1 << 16  # of a header list, unfolded (RFC 9113 section 6.5.2 counts it so)
MAX_TABLE = 1 << 16  # of the dynamic table, whatever the settings allow
MAX_CONTINUATIONS = 64  # of one block

Fields = dict[bytes, bytes]


class Frame(msgspec.Struct, gc=False):
    """A frame's head, and its payload where it is not DATA, or is kept.

    ``size`` is of the payload, padding included.
    """

    kind: int
    flags: int
    stream: int
    size: int
    payload: bytes = b""


class Frames:
    """One side's frames in order; ``fields`` of its header blocks."""

    __slots__ = ("_begun", "_block", "_count", "_decoder", "_held", "_owed", "broken", "kept")

    def __init__(self) -> None:
        self._held = bytearray()
        self._owed = 0  # of DATA's payload
        self._block = bytearray()
        self._begun: Frame | None = None  # HEADERS or PUSH_PROMISE whose block is not whole
        self._count = 0
        self._decoder: Any = None
        self.kept: Container[int] = frozenset()  # streams whose DATA is given
        self.broken = False  # bytes were missed: the compression's state is gone

    def next(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises ProtocolError for what cannot be one."""
        if self.broken:
            return
        held = self._held
        held += data
        at = 0
        try:
            while True:
                paid = min(self._owed, len(held) - at)
                self._owed -= paid
                at += paid
                if self._owed or len(held) - at < 9:
                    return
                size = int.from_bytes(held[at : at + 3], "big")
                kind, flags = held[at + 3], held[at + 4]
                stream = int.from_bytes(held[at + 5 : at + 9], "big") & 0x7FFFFFFF
                if kind == DATA and (stream not in self.kept or size > MAX_HEAD):
                    at += 9
                    self._owed = size
                    yield Frame(kind, flags, stream, size)
                    continue
                if size > MAX_HEAD:
                    raise ProtocolError("frame too long")
                if len(held) - at < 9 + size:
                    return
                payload = bytes(held[at + 9 : at + 9 + size])
                at += 9 + size
                yield Frame(kind, flags, stream, size, payload)
        finally:
            del held[:at]

    def skip(self) -> int:
        """How many bytes need not be seen; they count as passed over."""
        owed, self._owed = self._owed, 0
        return owed

    def lose(self, size: int) -> None:
        """A gap: harmless inside DATA."""
        if size <= self._owed:
            self._owed -= size
        else:
            self.broken = True
            self._held.clear()
            self._block.clear()

    def headers(self, frame: Frame) -> tuple[Frame, Fields] | None:
        """(the frame that began it, its fields) when a frame ends a header block."""
        if frame.kind == CONTINUATION:
            if self._begun is None or frame.stream != self._begun.stream:
                raise ProtocolError("continues nothing")
            self._count += 1
            self._block += frame.payload
        elif self._begun is not None:  # RFC 9113 section 6.10
            raise ProtocolError("a header block is not ended")
        else:
            self._begun = frame
            self._count = 0
            self._block = bytearray(_fragment(frame))
        if len(self._block) > MAX_BLOCK or self._count > MAX_CONTINUATIONS:
            raise ProtocolError("header block too long")
        if not frame.flags & END_HEADERS:
            return None
        begun, self._begun = self._begun, None
        block, self._block = bytes(self._block), bytearray()
        return begun, self._unfold(block)

    @property
    def within(self) -> bool:
        """Whether a header block has begun and not ended."""
        return self._begun is not None

    def allow(self, size: int) -> None:
        """The other side's SETTINGS_HEADER_TABLE_SIZE bounds this one's table (RFC 7541 section 4.2)."""
        self._ready().max_allowed_table_size = min(size, MAX_TABLE)

    def _ready(self) -> Any:
        if self._decoder is None:
            from hpack import Decoder

            self._decoder = Decoder(max_header_list_size=MAX_LIST)
        return self._decoder

    def _unfold(self, block: bytes) -> Fields:
        """Fields of a block; the first of a name stays, cookies and the like are not joined."""
        fields: Fields = {}
        try:
            for name, value in self._ready().decode(block, raw=True):
                fields.setdefault(bytes(name), bytes(value))
        except Exception as error:  # hpack's own errors, and what else its tables raise on hostile bytes
            raise ProtocolError(f"header block: {type(error).__name__}") from None
        return fields


def _fragment(frame: Frame) -> bytes:
    """A block's part of HEADERS or PUSH_PROMISE, without padding and priority (RFC 9113 section 6.2, 6.6)."""
    payload, padding = frame.payload, 0
    if frame.flags & PADDED:
        padding = payload[0] if payload else 0
        payload = payload[1:]
    if frame.kind == PUSH_PROMISE:
        payload = payload[4:]
    elif frame.flags & PRIORITIZED:
        payload = payload[5:]
    if padding > len(payload):
        raise ProtocolError("padding does not fit")
    return payload[: len(payload) - padding]


def content(frame: Frame) -> bytes:
    """What a DATA frame that was kept carries, without padding (RFC 9113 section 6.1)."""
    payload = frame.payload
    if not frame.flags & PADDED or not payload:
        return payload
    return payload[1 : max(1, len(payload) - payload[0])]


def settings(payload: bytes) -> dict[int, int]:
    """Settings by number (RFC 9113 section 6.5.1)."""
    if len(payload) % 6:
        raise ProtocolError("settings do not fit")
    return {
        payload[at] << 8 | payload[at + 1]: int.from_bytes(payload[at + 2 : at + 6], "big")
        for at in range(0, len(payload), 6)
    }
