"""What one side of a followed flow said."""

from __future__ import annotations

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """Bytes that one side said. ``stream``: QUIC's, -1 for others; ``missing``: bytes lost before them."""

    side: int
    data: bytes
    now: int
    layer: str = "payload"  # payload, tls, dtls, quic
    stream: int = -1
    missing: int = 0
