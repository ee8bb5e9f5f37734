"""``procwire follow``: one flow's conversation, tapped between the tracker and the analyzer.

The tap hears payload in order, before any parser; what it does not follow passes through untouched and at the
price of one look-up a flow. A QUIC connection that goes on under other addresses (RFC 9000 section 9) is one
conversation, told by its first flow; a name of a later flow shows what that flow alone can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.piece import Piece
from procwire.decrypt.quic_paths import QuicPaths
from procwire.flows.community import community_id
from procwire.model.flow import Flow
from procwire.model.streams import ENOUGH, StreamSink

if TYPE_CHECKING:
    from procwire.decrypt.conversation import TcpConversation, UdpConversation
    from procwire.decrypt.quic_session import QuicSession
    from procwire.decrypt.readable import Readable

UDP, HTTPS = 17, 443
SHORT_HEADER = 0x40  # what is behind the first two bits, RFC 9000 section 17.3
JOINED = "this may be a QUIC connection that another flow began: follow that flow"
MAX_FOLLOWED = 64  # flows that one name may mean: a Community ID comes again when ports do
ID_DIGITS = 16
COMMUNITY_CHARACTERS = 30  # version, colon, and a SHA-1 in base64

Hear = Callable[[Flow, list[Piece]], None]


def is_name(text: str) -> bool:
    """Could this be a flow's name: its flow_id, its Community ID, or its number?"""
    digits = set("0123456789abcdef")
    return (
        text.isdigit()
        or (len(text) == 16 and set(text) <= digits)
        or (text.startswith("1:") and len(text) == 30)
    )


class Followed:
    """A conversation, the flow that it began in, how many flows carry it now, and how it is shown."""

    def __init__(
        self, flow: Flow, talk: TcpConversation | UdpConversation, readable: Readable | None
    ) -> None:
        self.flow = flow
        self.talk = talk
        self.readable = readable
        self.flows = 1

    @property
    def session(self) -> QuicSession | None:
        """See quic_paths.Connection."""
        return self.talk.session

    def shown(self, pieces: list[Piece]) -> list[Piece]:
        """What is heard of what was said."""
        return pieces if self.readable is None else self.readable.shown(pieces)

    def finish(self, now: int) -> list[Piece]:
        """The last flow is over."""
        last = self.shown(self.talk.finish(now))
        return last if self.readable is None else [*last, *self.readable.finish()]


class Tap:
    """A StreamSink in front of another. ``hear`` gets what the flow named ``wanted`` says, as it is said.

    A number counts the flows that say anything, in the order in which they begin to.

    ``readable``: for people, see readable.py; else the very bytes.
    """

    def __init__(
        self, inner: StreamSink, wanted: str, keys: KeyLog | None, hear: Hear, *, readable: bool = False
    ) -> None:
        self._inner = inner
        self._wanted = wanted
        self._keys = keys
        self._hear = hear
        self._readable = readable
        self._known: dict[int, tuple[Followed, int]] = {}  # by flow number; 1 where the sides are turned
        self._paths: QuicPaths[Followed] = QuicPaths()
        self._passed: set[int] = set()
        self._owed: dict[tuple[int, int], int] = {}
        self.followed = 0
        self._met = 0  # flows that have said something so far
        self.has_ended = False  # a flow that was followed is over, and no other is under way
        self.notes: list[str] = []
        self.moves: list[str] = []  # flows in which a conversation went on

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        """See StreamSink."""
        known = self._find(flow, side, data)
        if known is None:
            return self._inner.data(flow, side, data, now)
        followed, turned = known
        self._hear(followed.flow, followed.shown(followed.talk.feed(side ^ turned, data, now)))
        if followed.session is not None and followed.session.fresh_ids:
            self._paths.learn(followed)
        self._pass_on(flow, side, data, now)
        return 0

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        """See StreamSink."""
        known = self._find(flow, side, b"")
        if known is None:
            return self._inner.gap(flow, side, size, now)
        known[0].talk.gap(side, size)
        self._owed[flow.number, side] = self._inner.gap(flow, side, size, now)
        return 0

    def ended(self, flow: Any, now: int) -> None:
        """See StreamSink."""
        self._passed.discard(flow.number)
        followed, _ = self._known.pop(flow.number, (None, 0))
        if followed is not None:
            followed.flows -= 1
            if not followed.flows:
                if followed.session is not None:
                    self._paths.forget(followed)
                self._hear(followed.flow, followed.finish(now))
                self.notes += followed.talk.notes
            self.has_ended = not self._known
        self._inner.ended(flow, now)

    def _find(self, flow: Flow, side: int, data: bytes) -> tuple[Followed, int] | None:
        """What this flow belongs to, and whether its sides are turned; None where it is not followed."""
        number: int = flow.number
        if number in self._passed:
            return None
        known = self._known.get(number)
        if known is None:
            self._met += 1
            known = self._goes_on(flow, side, data) or self._begun(flow, data)
            if known is None:
                self._passed.add(number)
            else:
                self._known[number] = known
        return known

    def _goes_on(self, flow: Flow, side: int, data: bytes) -> tuple[Followed, int] | None:
        """A conversation that is followed, where this flow is another path of it."""
        found = self._paths.find(data) if flow.proto == UDP else None
        if found is None:
            return None
        followed, sender = found
        followed.flows += 1
        self.moves.append(f"{flow.src} {flow.sport} to {flow.dst} {flow.dport}")
        return followed, int(side != sender)

    def _begun(self, flow: Flow, data: bytes) -> tuple[Followed, int] | None:
        if self.followed >= MAX_FOLLOWED or not self._is_wanted(flow):
            return None
        from procwire.decrypt.conversation import conversation_of
        from procwire.decrypt.readable import Readable

        self.followed += 1
        if self._keys is not None and (UDP, HTTPS) in {(flow.proto, flow.sport), (flow.proto, flow.dport)}:
            if data[:1] and data[0] & 0xC0 == SHORT_HEADER:
                self.notes.append(JOINED)
        readable = Readable() if self._readable else None
        return Followed(flow, conversation_of(flow.proto, self._keys), readable), 0

    def _is_wanted(self, flow: Flow) -> bool:
        if len(self._wanted) == ID_DIGITS:
            return flow.flow_id == self._wanted
        if self._wanted.isdigit():
            return self._met == int(self._wanted)
        return community_id(flow) == self._wanted

    def _pass_on(self, flow: Flow, side: int, data: bytes, now: int) -> None:
        """The analyzer is given what it would be given without the tap: nothing that it skips."""
        key = (flow.number, side)
        owed = self._owed.get(key, 0)
        if owed >= len(data):
            if owed < ENOUGH:
                self._owed[key] = owed - len(data)
            return
        self._owed[key] = self._inner.data(flow, side, data[owed:] if flow.proto == 6 else data, now)
