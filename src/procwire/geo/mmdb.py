"""MaxMind DB files (MaxMind DB File Format Specification 2.0): an address to a record. Pure: bytes are given.

A search tree of two records a node, a data section of typed values with pointers, and metadata at the end.
The file may be hostile: every read is within bounds, values are counted, and pointers lead to no pointers.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Any

from procwire.geo.reason import GeoError

MARKER = b"\xab\xcd\xefMaxMind.com"
MARKER_WITHIN = 128 * 1024  # of the end of the file
SEPARATOR = 16  # zero bytes between tree and data
MAX_VALUES = 2_000  # of one record
MAX_DEPTH = 16
_POINTER, _TEXT, _DOUBLE, _BYTES, _MAP, _INT32, _ARRAY, _BOOLEAN, _FLOAT = 1, 2, 3, 4, 7, 8, 11, 14, 15
_UNSIGNED = frozenset({5, 6, 9, 10})
_POINTER_BASE = (0, 2048, 526_336, 0)
_SIZE_BASE = (29, 285, 65_821)


class Database:
    """One file's bytes, or a memory map of them. Raises GeoError where it is none."""

    def __init__(self, data: Any) -> None:
        self._data = data
        self._left = 0  # values that the record under way may still have
        start = data.rfind(MARKER, max(0, len(data) - MARKER_WITHIN))
        if start < 0:
            raise GeoError("not a MaxMind DB file")
        self._start, self._end = start + len(MARKER), len(data)
        about = self._record(self._start)
        if not isinstance(about, dict):
            raise GeoError("metadata that is no map")
        self.kind = str(about.get("database_type", ""))
        self.built = _number(about, "build_epoch")
        self._nodes = _number(about, "node_count")
        self._bits = _number(about, "record_size")
        self._version = _number(about, "ip_version")
        if self._bits not in (24, 28, 32) or self._version not in (4, 6):
            raise GeoError(f"records of {self._bits} bits for IPv{self._version} are not known")
        self._node_bytes = self._bits // 4
        tree = self._nodes * self._node_bytes
        self._start, self._end = tree + SEPARATOR, start
        if self._start > self._end:
            raise GeoError("a tree that is longer than the file")
        self._four = self._walk(0, 0, 96) if self._version == 6 else 0

    def find(self, address: str) -> Any:
        """The record of an address; None where there is none. Raises GeoError."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return None
        if parsed.version == 6 and self._version == 4:
            return None
        node = self._walk(self._four if parsed.version == 4 else 0, int(parsed), parsed.max_prefixlen)
        if node <= self._nodes:
            return None
        return self._record(node - self._nodes - SEPARATOR + self._start)

    # Inner steps.

    def _walk(self, node: int, value: int, bits: int) -> int:
        """Down the tree by the bits of an address, the highest first; where it ends."""
        for place in range(bits - 1, -1, -1):
            if node >= self._nodes:
                break
            node = self._child(node, value >> place & 1)
        return node

    def _child(self, node: int, bit: int) -> int:
        at = node * self._node_bytes
        raw = bytes(self._data[at : at + self._node_bytes])
        if self._bits == 28:  # the middle byte holds the high bits of both
            if bit:
                return (raw[3] & 0x0F) << 24 | int.from_bytes(raw[4:7], "big")
            return raw[3] >> 4 << 24 | int.from_bytes(raw[0:3], "big")
        half = self._node_bytes // 2
        return int.from_bytes(raw[half:] if bit else raw[:half], "big")

    def _record(self, at: int) -> Any:
        self._left = MAX_VALUES
        try:
            return self._value(at, 0)[0]
        except (IndexError, struct.error, UnicodeDecodeError):
            raise GeoError("a record that is cut off or spoiled") from None

    def _value(self, at: int, depth: int) -> tuple[Any, int]:
        """A value, and where the next one stands."""
        self._left -= 1
        if not self._left or depth > MAX_DEPTH or not self._start <= at < self._end:
            raise GeoError("a record that is too long, too deep, or elsewhere")
        control = self._data[at]
        kind, at = control >> 5, at + 1
        if kind == _POINTER:
            target, at = self._pointer(control, at)
            if self._data[target] >> 5 == _POINTER:
                raise GeoError("a pointer to a pointer")
            return self._value(target, depth + 1)[0], at
        if not kind:
            kind, at = self._data[at] + 7, at + 1
        size, at = self._size(control & 0x1F, at)
        if kind == _MAP:
            return self._map(size, at, depth)
        if kind == _ARRAY:
            return self._array(size, at, depth)
        if kind == _BOOLEAN:
            return bool(size), at
        return self._plain(kind, self._bytes(at, size)), at + size

    def _pointer(self, control: int, at: int) -> tuple[int, int]:
        width = (control >> 3 & 3) + 1
        low = int.from_bytes(self._bytes(at, width), "big")
        high = 0 if width == 4 else (control & 7) << 8 * width
        target = self._start + high + low + _POINTER_BASE[width - 1]
        if target >= self._end:
            raise GeoError("a pointer out of the file")
        return target, at + width

    def _size(self, size: int, at: int) -> tuple[int, int]:
        if size < 29:
            return size, at
        width = size - 28
        return _SIZE_BASE[width - 1] + int.from_bytes(self._bytes(at, width), "big"), at + width

    def _bytes(self, at: int, size: int) -> bytes:
        if at + size > self._end:
            raise GeoError("a value that reaches out of the file")
        return bytes(self._data[at : at + size])

    def _map(self, size: int, at: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        for _ in range(size):
            name, at = self._value(at, depth + 1)
            if not isinstance(name, str):
                raise GeoError("a key that is no text")
            found[name], at = self._value(at, depth + 1)
        return found, at

    def _array(self, size: int, at: int, depth: int) -> tuple[list[Any], int]:
        found = []
        for _ in range(size):
            value, at = self._value(at, depth + 1)
            found.append(value)
        return found, at

    def _plain(self, kind: int, raw: bytes) -> Any:
        if kind == _TEXT:
            return raw.decode("utf-8")
        if kind in _UNSIGNED:
            return int.from_bytes(raw, "big")
        if kind == _INT32:
            return struct.unpack(">i", raw.rjust(4, b"\0"))[0]
        if kind == _DOUBLE:
            return struct.unpack(">d", raw)[0]
        if kind == _FLOAT:
            return struct.unpack(">f", raw)[0]
        if kind == _BYTES:
            return raw
        raise GeoError(f"a value of type {kind}")


def _number(about: dict[str, Any], name: str) -> int:
    value = about.get(name)
    if not isinstance(value, int):
        raise GeoError(f"metadata without {name}")
    return value
