"""Text from the wire, safe to print and bounded, with what must not be shown left out.

Statements in SQL and the like carry passwords in clear (CREATE USER, IDENTIFIED BY); those are masked here.
Refuses to know any one server's grammar: a quoted text behind a telling word is taken for a secret.
"""

from __future__ import annotations

import re

MASK = "***"
MAX_TEXT = 256  # characters of a name
MAX_STATEMENT = 512  # characters of a statement

_QUOTED = r"""(?:'(?:[^'\\]|''|\\.){0,500}(?:'|$)|"(?:[^"\\]|""|\\.){0,500}(?:"|$))"""
_SECRET = re.compile(
    r"""(\b(?:password|passwd|pwd|secret|identified\s+(?:with\s+\S{1,64}\s+)?(?:by|as)|password_hash)\b"""
    rf"""(?:\s*\(\s*|\s*=\s*|\s+to\s+|\s+)(?:n(?=['"]))?)({_QUOTED})""",
    re.IGNORECASE | re.DOTALL,
)


def shown(data: bytes, limit: int = MAX_TEXT) -> str:
    """UTF-8 where it is that, else ISO 8859-1; controls escaped, at most ``limit`` characters."""
    cut = data[: limit * 4]
    try:
        text = cut.decode("utf-8", "strict" if len(cut) == len(data) else "ignore")
    except UnicodeDecodeError:
        text = cut.decode("latin-1")
    return clean(text, limit)


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Controls and bidirectional marks escaped, at most ``limit`` characters."""
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join([one if one.isprintable() else ascii(one)[1:-1] for one in text])


def statement(data: bytes | str) -> str:
    """A statement on one line, without the secrets in it."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    text = " ".join(text[: MAX_STATEMENT * 2].split())
    return clean(_SECRET.sub(rf"\1{MASK}", text), MAX_STATEMENT)


def plain(data: bytes) -> bool:
    """Whether this is text on one line: printable ASCII, not empty."""
    return bool(data) and data.isascii() and all(31 < byte < 127 for byte in data)
