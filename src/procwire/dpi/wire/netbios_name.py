"""NetBIOS names on the wire: sixteen bytes, each as two letters (RFC 1001 section 14, RFC 1002 section 4.1).

The last byte says what the name stands for; what is known of these meanings stands in ``SUFFIXES``.
"""

from __future__ import annotations

# What the sixteenth byte means (Microsoft KB 163409); groups and single names share numbers.
SUFFIXES = {
    0x00: "workstation", 0x01: "messenger", 0x03: "messenger", 0x06: "ras-server", 0x1B: "domain-master",
    0x1C: "domain-controllers", 0x1D: "master-browser", 0x1E: "browser-election", 0x1F: "netdde",
    0x20: "file-server", 0x21: "ras-client", 0x2B: "lotus-notes", 0xBE: "network-monitor",
    0xBF: "network-monitor",
}  # fmt: skip
ENCODED = 32  # letters of one name


def decode(letters: bytes) -> tuple[str, int]:
    """(name, sixteenth byte) of 32 letters A to P of either case. Raises ValueError for others."""
    if len(letters) != ENCODED:
        raise ValueError("not 32 letters")
    nibbles = [byte - 0x41 for byte in letters.upper()]
    if not all(0 <= nibble <= 15 for nibble in nibbles):
        raise ValueError("not a NetBIOS name")
    raw = bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
    return plain(raw[:15]), raw[15]


def plain(raw: bytes) -> str:
    """Padded bytes of a name as text; what is not printable is escaped."""
    if raw.startswith(b"*\0"):
        return "*"  # any name: the query for a node's status
    text = raw.rstrip(b" \0")
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}" for byte in text)


def meaning(suffix: int) -> str:
    """For example ``file-server``; the number in hex where it is not known."""
    return SUFFIXES.get(suffix) or f"{suffix:#04x}"


def first_level(data: bytes, at: int) -> tuple[str, int, str, int]:
    """(name, suffix, scope, offset behind) of an uncompressed name. Raises ValueError."""
    if at + 34 > len(data) or data[at] != ENCODED:
        raise ValueError("not a NetBIOS name")
    name, suffix = decode(data[at + 1 : at + 33])
    at += 33
    scope: list[str] = []
    while at < len(data) and data[at]:
        stop = at + 1 + data[at]
        if data[at] > 63 or stop > len(data) or len(scope) > 31:
            raise ValueError("scope is cut")
        scope.append(plain(data[at + 1 : stop]))
        at = stop
    if at >= len(data):
        raise ValueError("name is cut")
    return name, suffix, ".".join(scope), at + 1
