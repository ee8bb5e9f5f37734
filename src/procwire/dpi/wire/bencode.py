"""Bencoded values, as BitTorrent has them (BEP 3), bounded; nothing is made of what does not parse."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import ProtocolError

MAX_DEPTH = 6
MAX_VALUES = 512


def read(data: bytes) -> dict[bytes, Any]:
    """The dictionary that ``data`` begins with. Raises ProtocolError for what is none."""
    value, _ = _Reader(data).value(0, 0)
    if not isinstance(value, dict):
        raise ProtocolError("not a dictionary")
    return value


class _Reader:
    __slots__ = ("_data", "_left")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_VALUES

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """A value and where it ends."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise ProtocolError("too many values")
        kind = self._data[at : at + 1]
        if kind == b"i":
            return self._number(at + 1, b"e")
        if kind.isdigit():
            size, at = self._number(at, b":")
            if size < 0 or at + size > len(self._data):
                raise ProtocolError("a string does not fit")
            return self._data[at : at + size], at + size
        if kind == b"l":
            return self._list(at + 1, depth)
        if kind == b"d":
            return self._dictionary(at + 1, depth)
        raise ProtocolError("not a value")

    def _number(self, at: int, ending: bytes) -> tuple[int, int]:
        end = self._data.find(ending, at, at + 24)
        raw = self._data[at:end] if end > at else b""
        if not raw.removeprefix(b"-").isdigit():
            raise ProtocolError("not a number")
        return int(raw), end + 1

    def _list(self, at: int, depth: int) -> tuple[list[Any], int]:
        found = []
        while self._data[at : at + 1] != b"e":
            value, at = self.value(at, depth + 1)
            found.append(value)
        return found, at + 1

    def _dictionary(self, at: int, depth: int) -> tuple[dict[bytes, Any], int]:
        found: dict[bytes, Any] = {}
        while self._data[at : at + 1] != b"e":
            key, at = self.value(at, depth + 1)
            if not isinstance(key, bytes):
                raise ProtocolError("a key is a string")
            found[key], at = self.value(at, depth + 1)
        return found, at + 1
