"""Messages of DNS in bodies of HTTP (RFC 8484): which bodies are wanted, and the messages out of them.

A body is kept up to the longest message that DNS has; one that is longer, or that is coded, is passed over.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from procwire.model.observation import Enclosed
from procwire.model.streams import Direction

MEDIA_TYPE = b"application/dns-message"
MAX_MESSAGE = 65_535
MAX_OPEN = 64  # bodies that are kept at a time; the one that began first is given up

Fields = Mapping[bytes, bytes]
Key = tuple[int, int]  # side, stream


class DnsBodies:
    """One connection. ``readers``: see Enclosed."""

    def __init__(self) -> None:
        self.readers: dict[str, Any] = {}
        self._held: dict[Key, bytearray] = {}

    def begin(self, key: Key, fields: Fields) -> bool:
        """Whether the body that follows this head is wanted: its bytes are to be given to ``add``."""
        kind = fields.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != MEDIA_TYPE or fields.get(b"content-encoding", b"identity") != b"identity":
            return False
        if len(self._held) >= MAX_OPEN:
            del self._held[next(iter(self._held))]
        self._held[key] = bytearray()
        return True

    def wants(self, key: Key) -> bool:
        """Whether a body is under way here whose bytes are wanted."""
        return key in self._held

    def streams(self, side: int) -> set[int]:
        """The streams of a side whose bodies are wanted."""
        return {stream for owner, stream in self._held if owner == side}

    def add(self, key: Key, data: bytes, now: int, *, ended: bool) -> Iterator[Enclosed]:
        """More of a body; the message when it has ended."""
        held = self._held.get(key)
        if held is None:
            return
        held += data
        if len(held) > MAX_MESSAGE:
            del self._held[key]
        elif ended:
            del self._held[key]
            if held:
                yield self._enclosed(key[0], bytes(held), now)

    def drop(self, key: Key) -> None:
        """Bytes of this body are missing, or it was broken off."""
        self._held.pop(key, None)

    def asked(self, side: int, method: bytes, path: bytes, now: int) -> Iterator[Enclosed]:
        """The query in a GET's target (RFC 8484 section 4.1): the variable ``dns``, in base64url."""
        _, _, query = path.partition(b"?")
        if method != b"GET" or not query:
            return
        for pair in query.split(b"&"):
            name, _, value = pair.partition(b"=")
            if name == b"dns" and 16 <= len(value) <= 2 * MAX_MESSAGE:
                try:
                    message = base64.b64decode(value + b"=" * (-len(value) % 4), b"-_", validate=True)
                except (binascii.Error, ValueError):
                    return
                yield self._enclosed(side, message, now)
                return

    def finish(self, now: int) -> Iterator[Any]:
        """What readers hold to the last: queries that no answer was seen to."""
        for reader in self.readers.values():
            yield from reader.finish(now)

    def _enclosed(self, side: int, message: bytes, now: int) -> Enclosed:
        return Enclosed(time=now, side=Direction(side), hint="dns", data=message, readers=self.readers)
