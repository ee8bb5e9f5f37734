"""QPACK's state of one side of an HTTP/3 connection (RFC 9204), held by ``pylsqpack`` within bounds.

What does not decompress ends that side's headers: the state that later ones refer to is not known any more.
"""

from __future__ import annotations

from typing import Any

TABLE_CAPACITY, BLOCKED_STREAMS = 1, 7  # of SETTINGS (RFC 9204 section 5)
MAX_TABLE_BYTES = 1 << 16  # of a dynamic table that is followed
MAX_BLOCKED = 128
MAX_FIELDS = 512  # of one block: one of 64 KiB may refer to an entry of 64 KiB that often

Fields = dict[bytes, bytes]


class Qpack:
    """One side's header compression."""

    def __init__(self) -> None:
        self._decoder: Any = None
        self._capacity, self._blocked = 0, 0
        self._instructed = False
        self._waiting = 0
        self.broken = False

    def allow(self, given: dict[int, int]) -> None:
        """What the other side lets this one use."""
        if not self._instructed:
            self._capacity = min(given.get(TABLE_CAPACITY, 0), MAX_TABLE_BYTES)
            self._blocked = min(given.get(BLOCKED_STREAMS, 0), MAX_BLOCKED)
            self._decoder = None

    def instruct(self, data: bytes) -> list[int]:
        """Bytes of the encoder's stream; returns the streams that need wait no longer."""
        import pylsqpack

        self._instructed = True
        if self.broken:
            return []
        try:
            done: list[int] = self._made().feed_encoder(data)
        except pylsqpack.EncoderStreamError:
            self.broken = True
            return []
        return done

    def fields(self, stream: int, block: bytes) -> Fields | None:
        """A header block's fields; None where it has to wait or cannot be read."""
        if field_lines(block) > MAX_FIELDS:
            self.broken = True
            return None
        return self._taken(lambda decoder: decoder.feed_header(stream, block))

    def resume(self, stream: int) -> Fields | None:
        """The fields of a block that waited."""
        self._waiting -= 1
        return self._taken(lambda decoder: decoder.resume_header(stream))

    def _taken(self, ask: Any) -> Fields | None:
        import pylsqpack

        if self.broken or self._waiting > MAX_BLOCKED:
            return None
        try:
            _, listed = ask(self._made())
        except pylsqpack.StreamBlocked:
            self._waiting += 1
            return None
        except (pylsqpack.DecompressionFailed, ValueError):
            self.broken = True
            return None
        fields: Fields = {}
        for name, value in listed:
            fields.setdefault(name, value)
        return fields

    def _made(self) -> Any:
        if self._decoder is None:
            import pylsqpack

            self._decoder = pylsqpack.Decoder(self._capacity, self._blocked)
        return self._decoder


def field_lines(block: bytes) -> int:
    """How many fields a block unfolds to (RFC 9204 section 4.5), without unfolding it."""
    count, at = 0, _behind(block, _behind(block, 0, 8), 7)  # Required Insert Count, Delta Base
    while 0 <= at < len(block) and count <= MAX_FIELDS:
        first = block[at]
        count += 1
        if first & 0x80:  # indexed
            at = _behind(block, at, 6)
        elif first & 0x40:  # with the name of an entry
            at = _behind_text(block, _behind(block, at, 4), 7)
        elif first & 0x20:  # with a name of its own
            at = _behind_text(block, _behind_text(block, at, 3), 7)
        elif first & 0x10:  # indexed, post-base
            at = _behind(block, at, 4)
        else:  # with the name of an entry, post-base
            at = _behind_text(block, _behind(block, at, 3), 7)
    return count


def _integer(data: bytes, at: int, bits: int) -> tuple[int, int]:
    """An integer with a prefix (RFC 7541 section 5.1) and the offset behind it, -1 where it is cut."""
    if not 0 <= at < len(data):
        return 0, -1
    value = data[at] & ((1 << bits) - 1)
    if value < (1 << bits) - 1:
        return value, at + 1
    for step, byte in enumerate(data[at + 1 : at + 10]):
        value += (byte & 0x7F) << (7 * step)
        if not byte & 0x80:
            return value, at + 2 + step
    return 0, -1


def _behind(data: bytes, at: int, bits: int) -> int:
    return _integer(data, at, bits)[1]


def _behind_text(data: bytes, at: int, bits: int) -> int:
    length, at = _integer(data, at, bits)
    return -1 if at < 0 else at + length
