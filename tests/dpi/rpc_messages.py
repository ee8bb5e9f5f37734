"""ONC RPC messages made by hand, for tests of their readers."""

from __future__ import annotations

import struct

SYSTEM = struct.pack("!II", 1, 28) + struct.pack("!II8sIII", 7, 7, b"machine\0", 1000, 100, 0)
NONE = bytes(8)


def call(
    program: int,
    version: int,
    procedure: int,
    arguments: bytes = b"",
    *,
    ident: int = 9,
    credentials: bytes = NONE,
) -> bytes:
    """A call (RFC 5531 section 9)."""
    return struct.pack("!6I", ident, 0, 2, program, version, procedure) + credentials + NONE + arguments


def reply(results: bytes = b"", *, ident: int = 9, state: int = 0) -> bytes:
    """An accepted reply."""
    return struct.pack("!III", ident, 1, 0) + NONE + struct.pack("!I", state) + results


def marked(message: bytes) -> bytes:
    """Behind the mark of a last fragment."""
    return (0x80000000 | len(message)).to_bytes(4, "big") + message


def text(value: bytes) -> bytes:
    """Counted and padded."""
    return len(value).to_bytes(4, "big") + value + bytes(-len(value) % 4)
