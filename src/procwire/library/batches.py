"""Packets as Arrow batches, column by column: the decoder's columns are Arrow's already and are only copied.

Addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2): text of millions would cost more
than all the rest. Refuses what has to be asked of a row: ``Session.packets`` and a filter are for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from procwire.library.arrow import BATCH_ROWS, ArrowTable, arrow
from procwire.library.packing import addresses
from procwire.library.reason import LibraryError
from procwire.model.packets import PacketTable

# name of the column -> (column of the packet table, name of the Arrow type)
PLAIN = {
    "time": ("time", ""), "family": ("family", "uint8"), "proto": ("proto", "uint8"),
    "src_port": ("sport", "uint16"), "dst_port": ("dport", "uint16"), "size": ("wire", "uint32"),
    "segments": ("segments", "uint16"), "payload": ("length", "uint32"), "captured": ("present", "uint32"),
    "seq": ("seq", "uint32"), "ack": ("ack", "uint32"), "window": ("window", "uint16"),
    "tcp_flags": ("tcp_flags", "uint16"), "ttl": ("ttl", "uint8"), "vlan": ("vlan", "uint32"),
    "ethertype": ("ethertype", "uint16"), "interface": ("interface", "uint16"), "fault": ("fault", "uint8"),
}  # fmt: skip
ENDS = ("src", "dst")
NAMES = ("time", "src", "dst", *(name for name in PLAIN if name != "time"))


class PacketStream(ArrowTable):
    """Packets of a recording as Arrow, without a row for each."""

    def __init__(self, read: Callable[[], Iterator[PacketTable]], columns: Sequence[str]) -> None:
        for name in columns:
            if name not in NAMES:
                raise LibraryError(
                    f"{name!r} is not a column of packet batches; there are {', '.join(NAMES)}"
                )
        self.name = "packet"
        self._read = read
        self._na = arrow()
        self.names = tuple(columns) or NAMES
        self._types = {name: self._type(name) for name in self.names}
        self.schema = self._na.c_schema(self._na.struct(self._types))

    def _type(self, name: str) -> Any:
        if name == "time":
            return self._na.timestamp("ns", timezone="UTC")
        return self._na.fixed_size_binary(16) if name in ENDS else getattr(self._na, PLAIN[name][1])()

    def batches(self) -> Iterator[Any]:
        """Arrow struct arrays of BATCH_ROWS rows, or little more: the fewer, the less there is to make."""
        held, rows = {name: bytearray() for name in self.names}, 0
        for decoded in self._read():
            for name, data in held.items():
                data += self._data(decoded, name)
            rows += decoded.count
            if rows >= BATCH_ROWS:
                yield self._batch(held, rows)
                held, rows = {name: bytearray() for name in self.names}, 0
        if rows:
            yield self._batch(held, rows)

    def _batch(self, held: dict[str, bytearray], rows: int) -> Any:
        arrays = [
            self._na.c_array_from_buffers(self._types[name], rows, [None, data], null_count=0, move=True)
            for name, data in held.items()
        ]
        return self._na.c_array_from_buffers(self.schema, rows, [None], children=arrays, move=True)

    @staticmethod
    def _data(decoded: PacketTable, name: str) -> bytearray | memoryview:
        if name in ENDS:
            return addresses(decoded, source=name == "src")
        return memoryview(getattr(decoded, PLAIN[name][0]))[: decoded.count].cast("B")


def packets(read: Callable[[], Iterator[PacketTable]], columns: Sequence[str]) -> PacketStream:
    """See PacketStream. Raises LibraryError for a column that is none."""
    return PacketStream(read, columns)
