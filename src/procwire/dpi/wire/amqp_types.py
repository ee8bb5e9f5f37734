"""Values of AMQP: field tables of 0-9-1 (section 4.2.5.5) and the type system of 1.0 (section 1.6).

Refuses nesting deeper than MAX_DEPTH; of a list it keeps what was there before the bytes ended.
"""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.text import plain

MAX_DEPTH = 4
MAX_MEMBERS = 32  # of a list or table that are read

_FIXED = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}  # upper half of a constructor: bytes that follow
_PLAIN: dict[int, Any] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0, 0x45: []}


def table(data: bytes) -> dict[str, str]:
    """The long strings of a field table of 0-9-1, up to the first value of another kind that is not known."""
    told: dict[str, str] = {}
    body = Cursor(data)
    sizes = {ord("t"): 1, ord("b"): 1, ord("B"): 1, ord("s"): 2, ord("u"): 2, ord("I"): 4, ord("i"): 4,
             ord("l"): 8, ord("d"): 8, ord("f"): 4, ord("T"): 8, ord("V"): 0, ord("D"): 5}  # fmt: skip
    try:
        for _ in range(MAX_MEMBERS):
            if not body.left:
                break
            name, kind = plain(body.prefixed(1)), body.u8()
            if kind in sizes:
                body.take(sizes[kind])
            elif kind in b"SFAx":
                value = body.prefixed(4)
                if kind == 0x53:
                    told[name] = plain(value)
            else:
                break
    except ProtocolError:
        pass  # it was longer than what is read of a method
    return told


def performative(body: Cursor) -> tuple[int, list[Any]]:
    """(descriptor, fields) of the described list in a frame's body."""
    if body.u8() != 0:
        raise ProtocolError("no performative")
    descriptor = _value(body, 0)
    fields = _value(body, 0)
    if not isinstance(descriptor, int) or not isinstance(fields, list):
        raise ProtocolError("no performative")
    return descriptor, fields


def _value(body: Cursor, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ProtocolError("values too deep within each other")
    code = body.u8()
    if code == 0:
        _value(body, depth + 1)
        return _value(body, depth + 1)
    if code in _PLAIN:
        return _PLAIN[code]
    if code >> 4 in _FIXED:
        raw = body.take(_FIXED[code >> 4])
        return bool(raw[0]) if code == 0x56 else int.from_bytes(raw, "big")
    wide = 4 if code & 0x10 else 1
    size = body.number(wide)
    part = body.take(min(size, body.left))
    if code in {0xA1, 0xB1, 0xA3, 0xB3}:
        return plain(part)
    if code in {0xA0, 0xB0}:
        return part
    if code in {0xC0, 0xD0}:
        return _list(Cursor(part), wide, depth)
    if code in {0xF0, 0xE0}:
        return _array(Cursor(part), wide)
    if code in {0xC1, 0xD1}:
        return None  # a map
    raise ProtocolError("no type of AMQP 1.0")


def _list(body: Cursor, wide: int, depth: int) -> list[Any]:
    values: list[Any] = []
    try:
        for _ in range(min(body.number(wide), MAX_MEMBERS)):  # not a comprehension: what came is kept
            values.append(_value(body, depth + 1))  # noqa: PERF401
    except ProtocolError:
        if body.left or (depth == 0 and not values):
            raise
    return values


def _array(body: Cursor, wide: int) -> Any:
    """The first member of an array of symbols, as one text."""
    count, kind = body.number(wide), body.u8()
    if kind not in {0xA3, 0xB3}:
        return None
    size = 4 if kind == 0xB3 else 1
    return " ".join([plain(body.prefixed(size)) for _ in range(min(count, MAX_MEMBERS))])
