"""Packets with their bytes, as many as there is room for: the first ones of a recording, the latest live."""

from __future__ import annotations

from collections import deque
from operator import itemgetter
from typing import Any

import msgspec

from procwire.cli.beside import plain
from procwire.dissection.frame import layers_of
from procwire.engine.api import Context
from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable
from procwire.model.rows import PacketRow
from procwire.model.tables import PACKETS
from procwire.recorder.picking import Picked
from procwire.tui.host import Frame, HostError

MAX_PACKETS = 20_000
MAX_BYTES = 64 << 20
NAMES = [column.name for column in PACKETS]
TABLE = msgspec.structs.replace(
    PACKETS,
    columns=tuple(msgspec.structs.replace(column, get=itemgetter(n)) for n, column in enumerate(PACKETS)),
)
_CHAIN, _TIME, _INTERFACE, _LENGTH = (
    NAMES.index(each) for each in ("encapsulation", "time", "interface", "length")
)


class Shelf:
    """``latest``: new packets push old ones out. ``left_out``: how many there was no room for."""

    def __init__(self, context: Context, *, latest: bool = False, most: int = MAX_PACKETS) -> None:
        self.context = context
        self.latest = latest
        self.most = most
        self.rows: deque[tuple[Any, ...]] = deque()
        self.left_out = 0
        self.seen = 0
        self._frames: deque[tuple[bytes, int, int]] = deque()  # bytes, where the payload begins, link type
        self._held = 0
        self._first = 1  # number of the oldest one that is here

    def take(self, batch: FrameBatch, table: PacketTable) -> None:
        """A batch that was decoded."""
        buffer = memoryview(batch.buffer)
        skipped = max(0, table.count - self.most) if self.latest else 0
        self.seen += skipped
        self.left_out += skipped
        if skipped:
            self._clear()
        for row in range(skipped, table.count):
            self.seen += 1
            if not self.latest and (len(self.rows) >= self.most or self._held > MAX_BYTES):
                self.left_out += table.count - row
                self.seen += table.count - row - 1
                return
            self._keep(batch, table, row, buffer)

    def _keep(self, batch: FrameBatch, table: PacketTable, row: int, buffer: memoryview) -> None:
        found = PacketRow(table, row, self.seen, self.context)
        self.rows.append(tuple(plain(column.get(found)) for column in PACKETS))
        start = batch.offset[row]
        data = bytes(buffer[start : start + batch.captured[row]])
        self._held += len(data)
        self._frames.append((data, max(0, min(len(data), table.payload[row] - start)), batch.link[row]))
        while self.latest and (len(self.rows) > self.most or self._held > MAX_BYTES):
            self.rows.popleft()
            self._held -= len(self._frames.popleft()[0])
            self._first += 1
            self.left_out += 1

    def _clear(self) -> None:
        self.left_out += len(self.rows)
        self.rows.clear()
        self._frames.clear()
        self._held = 0
        self._first = self.seen + 1

    def _place(self, number: int) -> int:
        place = number - self._first
        if not 0 <= place < len(self.rows):
            gone = number < self._first
            raise HostError(
                f"packet {number} is not kept any more" if gone else f"packet {number} was not kept",
                "space holds the picture" if self.latest else "procwire export cuts a smaller file",
            )
        return place

    def packet(self, number: int) -> Frame:
        """One packet with its layers. Raises HostError."""
        place = self._place(number)
        data, payload, _ = self._frames[place]
        return Frame(
            number=number, data=data, layers=layers_of(data, self.rows[place][_CHAIN] or "", payload)
        )

    def picked(self, number: int) -> Picked:
        """One packet, to be written. Raises HostError."""
        place = self._place(number)
        data, _, link = self._frames[place]
        row = self.rows[place]
        return Picked(
            data=data, time=row[_TIME] or 0, wire=row[_LENGTH] or len(data), link=link,
            interface=str(row[_INTERFACE] or ""),
        )  # fmt: skip
