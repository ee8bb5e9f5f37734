"""The accounting identity of every interface since a watch began, whenever it is asked for.

What interfaces count comes from who may look at them, as a picture that is made between its request and its
coming: so the programs' counts are read before the one and after the other (``identity``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from procwire.accounting.identity import IN, OUT, Books, Reading, settle
from procwire.accounting.source import KernelSource
from procwire.capture.interfaces import Counters
from procwire.model.accounting import AccountingRow
from procwire.model.traffic import COUNTERS

MAX_INTERFACES = 1024  # whose first reading is remembered; beyond, others are not accounted for


class Pictures(Protocol):
    """What interfaces count, as somebody else sees it: rows of COUNTERS."""

    def rows(self, table: str) -> list[list[Any]] | None:
        """As of now; None while they are being fetched."""

    def asked(self, table: str) -> float:
        """When the picture that is there was asked for, monotonic; 0 for none."""


class Standing:
    """For one thread. ``table``: what the counters are called among the pictures."""

    def __init__(
        self,
        source: KernelSource,
        pictures: Pictures,
        table: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._pictures = pictures
        self._table = table
        self._clock = clock
        self._before: tuple[float, dict[int, Books]] | None = None
        self._first: dict[int, tuple[float, Reading]] = {}
        self._sampled: dict[int, tuple[float, Reading]] = {}
        self._last: tuple[float, dict[int, Reading]] = (0.0, {})

    def rows(self) -> list[AccountingRow] | None:
        """Of each interface since it was first looked at; None while that is being fetched."""
        found = self._look()
        if found is None:
            return None
        moment, readings = found
        return list(_between(self._first, moment, readings))

    @property
    def begun(self) -> bool:
        """Whether there was a first look."""
        return bool(self._last[0])

    def sample(self) -> list[AccountingRow] | None:
        """Of each interface since the sample before; none with the first one."""
        found = self._look()
        if found is None:
            return None
        moment, readings = found
        rows = list(_between(self._sampled, moment, readings))
        self._sampled = {index: (moment, reading) for index, reading in readings.items()}
        return rows

    def _look(self) -> tuple[float, dict[int, Reading]] | None:
        """Every watched interface at one moment."""
        if self._before is None:
            self._before = self._clock(), self._books()
        since, before = self._before
        found = self._pictures.rows(self._table)
        if found is None:
            return None
        asked = self._pictures.asked(self._table)
        if self._last[0] and self._last[0] == asked:
            self._before = None
            return self._last
        self._before = None
        if asked < since:  # it was on its way already: what passed before our look may be in it, or not
            return None
        after, drops = self._books(), self._source.drops()
        counted = {str(row[0]): dict(zip(COUNTERS, row, strict=True)) for row in found}
        self._last = asked, {
            link.index: Reading(
                msgspec.structs.replace(link, counters=_counters(counted[link.name])),
                before[link.index], after[link.index], drops.get(link.name, 0),
            )
            for link in self._source.watched
            if link.name in counted and before.get(link.index) and after.get(link.index)
        }  # fmt: skip
        for index, reading in self._last[1].items():
            if index not in self._first and len(self._first) < MAX_INTERFACES:
                self._first[index] = asked, reading
        return self._last

    def _books(self) -> dict[int, Books]:
        return {link.index: self._source.programs.link(link.index) for link in self._source.watched}


def _between(
    first: dict[int, tuple[float, Reading]], moment: float, last: dict[int, Reading]
) -> Iterator[AccountingRow]:
    """The rows of the time from a first reading of each interface to a later one."""
    for index, reading in sorted(last.items()):
        began, early = first.get(index, (moment, reading))
        if moment > began:
            # The loopback interface shows a packet once, as it comes in again.
            for side in (IN,) if reading.link.kind == "loopback" else (IN, OUT):
                yield settle(early, reading, side, moment - began)


def _counters(row: dict[str, Any]) -> Counters:
    return Counters(
        rx_packets=row["packets_in"], tx_packets=row["packets_out"],
        rx_bytes=row["bytes_in"], tx_bytes=row["bytes_out"],
        rx_errors=row["errors_in"], tx_errors=row["errors_out"],
        rx_dropped=row["dropped_in"], tx_dropped=row["dropped_out"],
    )  # fmt: skip
