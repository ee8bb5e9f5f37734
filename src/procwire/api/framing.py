"""Bytes of a stream to the bodies of messages, however they were cut on the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from procwire.api.messages import LENGTH_BYTES, MessageError


class Frames:
    """What came of one stream and was not a whole message yet: at most ``most`` bytes and a length."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole by now. Raises MessageError where one is announced that is too long."""
        self._held += data
        at = 0
        try:
            while len(self._held) - at >= LENGTH_BYTES:
                size = int.from_bytes(self._held[at : at + LENGTH_BYTES], "little")
                if size > self._most:
                    raise MessageError(f"a message of {size} bytes is announced, {self._most} at most")
                end = at + LENGTH_BYTES + size
                if len(self._held) < end:
                    break
                body = bytes(self._held[at + LENGTH_BYTES : end])
                at = end
                yield body
        finally:
            del self._held[:at]
