"""Parsers whose every message is read by one method: datagrams, and streams whose messages tell their length.

``DatagramParser`` is shown datagrams. ``FramedParser`` is a ``Cutter`` with one measure for both sides, which
over UDP takes a datagram as a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pairing
from procwire.model.observation import Observation

KEEP = 16384  # bytes of a message that are shown to its reader, where a protocol does not say otherwise

Measure = Callable[[bytes], int]
"""The length of the message at the start of the bytes, 0 where more are needed; raises ProtocolError."""


class DatagramParser(Pairing):
    """A parser that reads datagrams one by one: see contract.Parser. Subclasses have ``read``.

    Where nobody reads the observations (``Context.told``) it is done after the first, unless ``PATIENT``.
    """

    PATIENT = False  # a later message may tell something of the whole flow

    def __init__(self, context: Context) -> None:
        self.context = context
        self.done = False

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """What one message says. Raises ProtocolError."""
        raise NotImplementedError

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        for observation in self.read(side, data, now):
            self.done = self.done or not (self.context.told or self.PATIENT)
            yield observation

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser: datagrams have no gaps."""
        return ()

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self.done else 0


class FramedParser(Cutter):
    """The same for a stream whose messages tell their length; over UDP a datagram is a message.

    ``size`` is the whole length of the message that is read. A protocol whose sides are cut differently has
    a ``measure`` of its own.
    """

    PATIENT = False  # see DatagramParser

    def __init__(self, context: Context, measure: Measure, keep: int = KEEP) -> None:
        super().__init__(context)
        self.LOOK = keep
        self.size = 0
        self._length = measure

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """What one message says. Raises ProtocolError."""
        raise NotImplementedError

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        return self._length(data[at : at + self.LOOK] if at else data)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation]:
        """See Cutter."""
        self.size = size
        for observation in self.read(side, data, now):
            yield observation
            if not (self.told or self.PATIENT):
                self.close()

    def whole(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See Cutter: a datagram is one message."""
        if not data:
            raise ProtocolError("nothing")
        return self.message(side, data, len(data), now)
