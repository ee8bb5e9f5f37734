"""Messages cut out of a flow's two streams: what parsers of framed protocols share.

A parser derives from ``Cutter`` and says how long a message is (``measure``) and what it means (``message``).
Cutting is the same for all: bytes are held until the part of a message that is read (``LOOK``) is there, the
rest of a long message is passed over unread, a gap leaves the side lost until a message begins a segment
again. Refuses to hold more than ``LOOK`` and ``HEAD`` of a side, and to look for a new start for ever.
"""

from __future__ import annotations

from collections.abc import Iterable

from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.dpi.wire.pending import Pairing
from procwire.model.observation import Observation, Upgraded

MAX_LOGIN = 64  # requests within which a login is looked for, where nobody reads the rest
MAX_RESYNC = 64  # pieces looked at for a new start after a gap


def empty_lines(data: bytes, at: int) -> int:
    """Length of the empty lines at ``at``, taken as one message; 0 where the line feed has not come."""
    end = at
    while data[end : end + 2] == b"\r\n":
        end += 2
    if end == at and len(data) - at > 1:
        raise ProtocolError("a carriage return alone")
    return end - at


class Lane:
    """One side of a flow: where its stream stands."""

    __slots__ = ("closed", "held", "lost", "owed", "tentative", "tries")

    def __init__(self) -> None:
        self.held = b""  # the start of a message whose end has not come
        self.owed = 0  # bytes of a message that are passed over
        self.lost = False
        self.tentative = False  # found again, but no message was read yet
        self.closed = False  # nothing more is read
        self.tries = 0

    def lose(self) -> None:
        """The place in the stream is not known any more."""
        self.held = b""
        self.owed = 0
        self.lost = True
        self.tries += 1
        self.closed = self.closed or self.tries > MAX_RESYNC


class Cutter(Pairing):
    """See contract.Parser; ``client`` is the side that asks, -1 while it is not known."""

    LOOK = 4096  # bytes of a message that are read
    HEAD = 64  # bytes within which a message tells its length

    def __init__(self, context: Context) -> None:
        self.context = context
        self.told = context.told
        self.stream = context.transport == "tcp"
        self.client = -1
        self.settled = False  # nothing that is told of the flow can follow
        self.requests = 0
        self.lanes = (Lane(), Lane())
        self._rest: tuple[bytes, bytes] | None = None
        self._broken: ProtocolError | None = None

    # ---- what a protocol fills in

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """Length of the message at ``at``; 0 where more bytes are needed, ENOUGH for all the rest."""
        raise NotImplementedError

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """What a message says. ``data`` is its start, whole where ``size`` is within LOOK."""
        raise NotImplementedError

    def forget(self) -> None:
        """A gap: what is waited for may never come."""

    def whole(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """What a datagram says: it holds whole messages."""
        at = 0
        while at < len(data):
            size = self.measure(side, data, at)
            if not size or at + size > len(data):
                raise ProtocolError("a datagram that ends within a message")
            yield from self.message(side, data[at : at + size], size, now) or ()
            at += size

    def resumes(self, side: Direction, data: bytes) -> bool:
        """Whether a message begins here, behind a gap."""
        return self.measure(side, data, 0) > 0

    # ---- contract.Parser

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._broken is not None:
            raise self._broken
        if self._rest is not None:
            return ()
        out: list[Observation] = []
        try:
            if self.stream:
                self._cut(side, data, now, out)
            else:
                out += self.whole(side, data, now)
        except ProtocolError as error:
            if self.stream:
                self._broken = error
            if not out:
                raise
        return out

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser."""
        lane = self.lanes[side]
        if not lane.closed and self._rest is None:
            if size <= lane.owed:
                lane.owed -= size
            else:
                lane.lose()
                self.lossy = True
                self.forget()
        return ()

    def skip(self, side: Direction) -> int:
        """See contract.Parser: what is passed over, or all the rest where nothing of use can follow."""
        lane = self.lanes[side]
        if lane.closed or (self.settled and not self.told):
            return ENOUGH
        size, lane.owed = lane.owed, 0
        return size

    def finish(self, now: int) -> Iterable[Observation]:
        """See Pairing; of a side that is not read to the end nothing is said."""
        return () if any(lane.closed for lane in self.lanes) else super().finish(now)

    def remainder(self, side: Direction) -> bytes:
        """See contract: what was fed behind the hand-over."""
        return b"" if self._rest is None else self._rest[side]

    # ---- for protocols

    def early(self) -> bool:
        """Count a request; whether a login in it is still a fact of the flow: those come first."""
        self.requests += 1
        self.settled = self.settled or self.requests > MAX_LOGIN
        return not self.settled

    def close(self) -> None:
        """Nothing more of either side is read."""
        for lane in self.lanes:
            lane.closed = True
            lane.held = b""

    def aligned(self, side: Direction, data: bytes) -> bool:
        """Whether a whole message begins here, and where it ends another one or the piece."""
        size = self.measure(side, data, 0)
        return size > 0 and (size == len(data) or (size < len(data) and self.measure(side, data, size) >= 0))

    def join(self, side: Direction) -> None:
        """The flow was running when it was first seen: ``side`` asks; the other one may be anywhere."""
        self.client = side
        self.lanes[1 - side].lost = True

    def hand_on(self, side: Direction, hint: str, now: int) -> Upgraded:
        """What follows is another protocol's; ``message`` returns this last."""
        self._rest = (self.lanes[0].held, self.lanes[1].held)
        return Upgraded(time=now, side=side, hint=hint)

    # ---- cutting

    def _cut(self, side: Direction, data: bytes, now: int, out: list[Observation]) -> None:
        lane = self.lanes[side]
        if lane.owed:
            passed = min(lane.owed, len(data))
            lane.owed -= passed
            data = data[passed:]
        if lane.closed or not data:
            return
        if lane.held:
            data, lane.held = lane.held + data, b""
        try:
            if lane.lost and not self._found(lane, side, data):
                return
            self._messages(lane, side, data, now, out)
        except ProtocolError:
            if not lane.tentative:
                raise
            lane.lose()

    def _messages(self, lane: Lane, side: Direction, data: bytes, now: int, out: list[Observation]) -> None:
        at, end = 0, len(data)
        while at < end and not lane.closed:
            size = self.measure(side, data, at)
            read = min(size, self.LOOK)
            if not size or at + read > end:
                if not size and end - at > max(self.HEAD, self.LOOK):
                    raise ProtocolError("a message without end")
                lane.held = data[at:]
                return
            lane.held = b""
            out += self.message(side, data[at : at + read], size, now) or ()
            lane.tentative = False
            at += size
            if self._rest is not None:
                self._leave(side, data[at:])
                return
        if at > end:
            lane.owed = at - end

    def _leave(self, side: Direction, rest: bytes) -> None:
        other = self.lanes[1 - side].held
        self._rest = (rest, other) if side == 0 else (other, rest)

    def _found(self, lane: Lane, side: Direction, data: bytes) -> bool:
        try:
            found = self.resumes(side, data)
        except ProtocolError:
            found = False
        if found:
            lane.lost, lane.tentative = False, True
        else:
            lane.lose()
        return found
