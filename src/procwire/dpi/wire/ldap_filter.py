"""A search filter of LDAP as text (RFC 4511 section 4.5.1.7, RFC 4515).

Nested filters are written down to ``MAX_DEPTH`` and ``MAX_PARTS``; what is deeper or beyond is an ellipsis.
"""

from __future__ import annotations

from procwire.dpi.wire.ber import Cursor
from procwire.dpi.wire.text import plain

MAX_DEPTH = 16
MAX_PARTS = 128
_SIGNS = {0xA3: "=", 0xA5: ">=", 0xA6: "<=", 0xA8: "~="}
_JOINS = {0xA0: "&", 0xA1: "|", 0xA2: "!"}


def written(kind: int, inner: Cursor) -> str:
    """The filter whose tag and content these are. Raises DerError."""
    return _written(kind, inner, MAX_DEPTH, [MAX_PARTS])


def _written(kind: int, inner: Cursor, depth: int, left: list[int]) -> str:
    left[0] -= 1
    if depth <= 0 or left[0] < 0:
        return "(…)"
    if kind in _JOINS:
        parts = []
        while inner.tag != -1 and left[0] >= 0:
            parts.append(_written(*inner.next(), depth - 1, left))
        return f"({_JOINS[kind]}{''.join(parts)})"
    if kind == 0x87:
        return f"({plain(inner.rest)}=*)"
    if kind in _SIGNS:
        return f"({plain(inner.octets())}{_SIGNS[kind]}{plain(inner.octets())})"
    if kind == 0xA4:
        return _substrings(inner)
    return f"(:{kind:#04x}:)"  # an extensible match is only named


def _substrings(inner: Cursor) -> str:
    name = plain(inner.octets())
    parts = inner.into(0x30)
    text = ""
    last = 0x81
    while parts.tag != -1:
        last, value = parts.next()
        text += ("" if last == 0x80 else "*") + plain(value.rest, 64)
        if len(text) > 1024:
            break
    return f"({name}={text}{'' if last == 0x82 else '*'})"
