"""SMB 1 and 2 messages made by hand, for tests of their readers."""

from __future__ import annotations

import struct


def smb2(
    command: int, body: bytes, *, ident: int = 1, status: int = 0, response: bool = False, following: int = 0
) -> bytes:
    """A message of version 2 ([MS-SMB2] 2.2.1.2)."""
    head = struct.pack(
        "<4sHHIHHIIQIIQ", b"\xfeSMB", 64, 0, status, command, 1, int(response), following, ident, 0, 5, 9
    )
    return head + bytes(16) + body


def smb1(
    command: int, words: bytes, content: bytes, *, response: bool = False, status: int = 0, wide: bool = False
) -> bytes:
    """A message of version 1 ([MS-CIFS] 2.2.3.1)."""
    head = b"\xffSMB" + bytes([command]) + struct.pack("<I", status) + bytes([0x80 if response else 0])
    head += struct.pack("<H", 0x8000 if wide else 0) + bytes(12) + struct.pack("<HHHH", 3, 7, 0, 1)
    return head + bytes([len(words) // 2]) + words + struct.pack("<H", len(content)) + content


def framed(message: bytes) -> bytes:
    """Behind four bytes of length."""
    return len(message).to_bytes(4, "big") + message


def create(path: str, *, disposition: int = 1) -> bytes:
    """Body of a request to open a file."""
    name = path.encode("utf-16-le")
    return (
        bytes(36) + struct.pack("<II", disposition, 0) + struct.pack("<HHII", 64 + 56, len(name), 0, 0) + name
    )
