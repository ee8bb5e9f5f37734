"""A packet taken apart: its layers, and the bytes that each field stands in. What a hex view lights."""

from __future__ import annotations

import msgspec


class Field(msgspec.Struct, frozen=True, array_like=True):
    """A field, or several under a name: bytes ``start`` to ``end`` of the frame, ``level`` deep."""

    name: str
    start: int
    end: int
    value: str = ""
    level: int = 0


class Layer(msgspec.Struct, frozen=True, array_like=True):
    """One layer. ``words``: it in a line; ``missing``: what of it is not in this packet, or empty."""

    name: str
    start: int
    end: int
    words: str = ""
    fields: tuple[Field, ...] = ()
    missing: str = ""
