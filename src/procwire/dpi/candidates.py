# cython: language_level=3
"""Whom to ask about a flow's first bytes, and the asking: those its ports hint at are asked first.

The order for a port and a first byte is made once. Refuses to hold bytes: that is ``opening``'s.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.contract import Claim
from procwire.dpi.registry import Registry
from procwire.model.streams import Direction

if cython.compiled:
    from cython.cimports.procwire.dpi.entry import Entry
    from cython.cimports.procwire.dpi.sieve import Sieve
else:
    from procwire.dpi.entry import Entry
    from procwire.dpi.sieve import Sieve

_SIDES = (Direction.OUT, Direction.IN)
_YES = Claim.YES
_NO = Claim.NO


@cython.cclass
class Candidates:
    """Dispatch over a registry by numbers alone; bounded by the ports that it hints at."""

    _tables: dict[int, Any]
    _hints: dict[int, Any]
    _ordered: dict[int, Any]

    def __init__(self, known: Registry) -> None:
        self._tables = {number: known.dispatch(number) for number in known.transports}
        self._hints = {proto << 16 | port: entries for (proto, port), entries in known.ports.items()}
        self._ordered = {}

    @cython.ccall
    def table(self, proto: cython.int) -> Any:
        """First byte -> entries in order of registration; None for an IP protocol that is not read."""
        return self._tables.get(proto)

    @cython.ccall
    def front(self, proto: cython.int, sport: cython.int, dport: cython.int) -> Any:
        """The entries that a port hints at: the answering side's port first."""
        found = self._hints.get(proto << 16 | dport)
        return found if found is not None else self._hints.get(proto << 16 | sport, ())

    @cython.ccall
    def order(self, proto: cython.int, sport: cython.int, dport: cython.int, byte: cython.int) -> Any:
        """The entries to ask about a stream that begins with ``byte``, in order of asking."""
        key: cython.longlong = proto << 16 | dport
        front = self._hints.get(key)
        if front is None:
            key = proto << 16 | sport
            front = self._hints.get(key)
        if front is None:
            return self._tables[proto][byte]
        key = key << 8 | byte
        found = self._ordered.get(key)
        if found is None:
            found = self._ordered[key] = in_order(front, self._tables[proto][byte])
        return found


@cython.ccall
def in_order(front: Any, table: Any) -> tuple[Any, ...]:
    """The entries of ``table``, those that are in ``front`` first and in its order.

    What only follows an announcement is in no table, and in ``front`` where it was announced.
    """
    known = [entry for entry in front if entry.follows or entry in table]
    return tuple(dict.fromkeys([*known, *table]))


@cython.cclass
class Answer:
    """``entry`` claims the bytes, or is None: then ``waiting`` need more. ``defect``: what a claim raised."""

    entry: Entry
    waiting: list[Any]
    defect: Any

    def __init__(self) -> None:
        self.entry = self.defect = None
        self.waiting = []


@cython.ccall
def ask(entries: Any, stream: bytes, side: cython.int, context: Any) -> Answer:
    """Ask one after the other until one claims the bytes; not those whose shape rules the bytes out.

    A shape is that of a flow's beginning where nothing was announced.
    """
    answer = Answer()
    direction = _SIDES[side]
    by = context.transport
    tcp: cython.bint = by == "tcp"
    udp: cython.bint = by == "udp"
    said: str = context.announced
    entry: Entry
    shape: Sieve
    for entry in entries:
        shape = entry.stream if tcp else entry.datagram if udp else None
        if shape is not None and shape.refuses(stream) and not (said and entry.name == said):
            continue
        if entry.claims is None:
            answer.defect = entry.load() or answer.defect
        try:
            claim = entry.claims(stream, direction, context)
        except Exception as error:
            answer.defect = f"{entry.name}.claims: {error!r}"
            continue
        if claim is _YES:
            answer.entry = entry
            return answer
        if claim is not _NO:
            answer.waiting.append(entry)
    return answer
