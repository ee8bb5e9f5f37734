"""A stream that is a row of messages, each of which tells its length: cut, kept in part, passed over.

``Frames`` is one side. ``FramedParser`` and ``DatagramParser`` are what a protocol's parser is built on: it
says how a message is measured and reads whole messages; chunks, gaps and appetite are dealt with here. Holds
at most ``keep`` bytes of a message, and knows nothing of any protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.model.observation import Observation

KEEP = 16384  # bytes of a message that are shown to its reader, where a protocol does not say otherwise

Measure = Callable[[bytes | bytearray], int]
"""The length of the message at the start of the bytes, 0 where more are needed; raises ProtocolError."""


class Frames:
    """One side of a stream. ``size`` is the whole length of the message that was cut last."""

    __slots__ = ("_held", "_keep", "_left", "_measure", "lost", "size", "tentative")

    def __init__(self, measure: Measure, keep: int = KEEP) -> None:
        self._measure = measure
        self._keep = keep
        self._held = bytearray()
        self._left = 0  # bytes of a message whose start was shown, still to be passed over
        self.size = 0
        self.lost = False
        self.tentative = False  # behind a gap, and no message was understood since

    def push(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole, or known as far as ``keep``, with these bytes."""
        if self._left:
            passed = min(self._left, len(data))
            self._left -= passed
            data = data[passed:]
        if self.lost and not self._resumes(data):
            return
        held = self._held
        held += data
        while held:
            size = self.size = self._measure(held)
            shown = min(size, self._keep)
            if not size or len(held) < shown:
                if len(held) > self._keep:
                    raise ProtocolError("a head without an end")
                return
            message = bytes(held[:shown])
            self._left = max(0, size - len(held))
            del held[:size]
            yield message

    def _resumes(self, data: bytes) -> bool:
        """Whether a message can start here, behind a gap."""
        try:
            self.lost = bool(data) and not self._measure(data)
        except ProtocolError:
            return False
        self.tentative = not self.lost
        return self.tentative

    def lose(self) -> None:
        """The place in the stream is not known: the next chunk that looks like a message goes on."""
        self._held.clear()
        self._left = 0
        self.lost = True

    def miss(self, size: int) -> None:
        """Bytes were never seen; within what is passed over anyway that does not matter."""
        if size <= self._left and not self._held:
            self._left -= size
        else:
            self.lose()

    def skip(self) -> int:
        """How many bytes need not be seen; they count as passed over."""
        left, self._left = self._left, 0
        return left

    def rest(self) -> bytes:
        """What was pushed and not cut yet."""
        return bytes(self._held)


class DatagramParser:
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


class FramedParser(DatagramParser):
    """The same for a stream whose messages tell their length; over UDP a datagram is a message.

    ``measure`` may be set per side, by ``frames``, where requests and responses are cut differently.
    """

    def __init__(self, context: Context, measure: Measure, keep: int = KEEP) -> None:
        super().__init__(context)
        self.stream = context.transport == "tcp"
        self.frames = (Frames(measure, keep), Frames(measure, keep))
        self.upgraded = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if not self.stream:
            yield from super().feed(side, data, now=now)
            return
        if self.upgraded or self.done:
            return
        frames = self.frames[side]
        for message in frames.push(data):
            try:
                yield from super().feed(side, message, now=now)
            except ProtocolError:
                if not frames.tentative:
                    raise
                frames.lose()
                return
            frames.tentative = False
            if self.upgraded or self.done:
                return

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser: the next message is looked for at the start of a segment."""
        self.frames[side].miss(size)
        return ()

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return ENOUGH if self.done else self.frames[side].skip()

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed an upgrade."""
        return self.frames[side].rest()
