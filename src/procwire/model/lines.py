# cython: language_level=3
"""Rows as lines of JSON: what ``model.plain`` makes of a row, as text.

Each line is safe to print: whatever a terminal could act on is escaped, and reads back as it was.
"""

from __future__ import annotations

from typing import Any

import msgspec

from procwire.model.patterns import lazy
from procwire.model.plain import fields, mended, readers

__all__ = ["fields", "line_of", "readers", "safe"]

_UNSAFE = lazy("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def safe(line: bytes) -> bytes:
    """A line of JSON with everything a terminal could act on as escapes; the same value when read."""
    if line.isascii() and b"\x7f" not in line:
        return line
    text = line.decode("utf-8", "surrogatepass")
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8")


_encode = msgspec.json.Encoder().encode


def line_of(record: dict[str, Any]) -> bytes:
    """Ready fields as one line, with its end."""
    try:
        line = _encode(record)
    except UnicodeEncodeError:
        line = _encode(mended(record))
    return safe(line) + b"\n"
