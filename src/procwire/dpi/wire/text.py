"""Bytes of the wire as text that is safe to show: control characters escaped, length bounded."""

from __future__ import annotations

MAX_TEXT = 512


def plain(data: bytes | bytearray, limit: int = MAX_TEXT) -> str:
    """UTF-8 where it is that, else Latin-1; what cannot be printed is escaped, what is too long is cut."""
    cut = bytes(data[:limit])
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError as error:
        whole = error.start >= len(cut) - 3 and len(data) > limit  # a character cut in two by the limit
        text = cut[: error.start].decode("utf-8") if whole else cut.decode("latin-1")
    return printable(text) + ("…" if len(data) > limit else "")


def printable(text: str) -> str:
    """Text with every character that cannot be printed as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def terminated(data: bytes | bytearray, limit: int = MAX_TEXT) -> str:
    """Text up to the first zero byte."""
    return plain(bytes(data).partition(b"\0")[0], limit)


def utf16(data: bytes, limit: int = MAX_TEXT) -> str:
    """UTF-16, little-endian, as Windows writes it; what does not decode is replaced."""
    text = data[: 2 * limit].decode("utf-16-le", "replace").rstrip("\0")
    return printable(text) + ("…" if len(data) > 2 * limit else "")


def bounded(text: str, limit: int = MAX_TEXT) -> str:
    """Text that was decoded elsewhere: as ``plain`` gives it."""
    return printable(text[:limit]) + ("…" if len(text) > limit else "")


def readable(data: bytes) -> bool:
    """Whether this is text on one line: printable ASCII, not empty."""
    return bool(data) and data.isascii() and data.decode("ascii").isprintable()
