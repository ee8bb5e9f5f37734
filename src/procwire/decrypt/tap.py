"""``procwire follow``: one flow's conversation, tapped between the tracker and the analyzer.

The tap hears payload in order, before any parser; what it does not follow passes through untouched and at the
price of one look-up a flow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.piece import Piece
from procwire.flows.community import community_id
from procwire.model.flow import Flow
from procwire.model.streams import ENOUGH, StreamSink

if TYPE_CHECKING:
    from procwire.decrypt.conversation import TcpConversation, UdpConversation
    from procwire.decrypt.readable import Readable

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
        self._known: dict[int, TcpConversation | UdpConversation] = {}
        self._readable: dict[int, Readable] | None = {} if readable else None
        self._passed: set[int] = set()
        self._owed: dict[tuple[int, int], int] = {}
        self.followed = 0
        self._met = 0  # flows that have said something so far
        self.has_ended = False  # a flow that was followed is over, and no other is under way
        self.notes: list[str] = []

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        """See StreamSink."""
        talk = self._talk(flow)
        if talk is None:
            return self._inner.data(flow, side, data, now)
        self._say(flow, talk.feed(side, data, now))
        self._pass_on(flow, side, data, now)
        return 0

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        """See StreamSink."""
        talk = self._talk(flow)
        if talk is None:
            return self._inner.gap(flow, side, size, now)
        talk.gap(side, size)
        self._owed[flow.number, side] = self._inner.gap(flow, side, size, now)
        return 0

    def ended(self, flow: Any, now: int) -> None:
        """See StreamSink."""
        self._passed.discard(flow.number)
        talk = self._known.pop(flow.number, None)
        if talk is not None:
            self._say(flow, talk.finish(now))
            if self._readable:
                self._hear(flow, self._readable.pop(flow.number).finish())
            self.notes += talk.notes
            self.has_ended = not self._known
        self._inner.ended(flow, now)

    def _talk(self, flow: Flow) -> TcpConversation | UdpConversation | None:
        number: int = flow.number
        if number in self._passed:
            return None
        talk = self._known.get(number)
        if talk is None:
            self._met += 1
            if self.followed >= MAX_FOLLOWED or not self._is_wanted(flow):
                self._passed.add(number)
                return None
            from procwire.decrypt.conversation import conversation_of
            from procwire.decrypt.readable import Readable

            self.followed += 1
            if self._readable is not None:
                self._readable[number] = Readable()
            talk = self._known[number] = conversation_of(flow.proto, self._keys)
        return talk

    def _say(self, flow: Flow, pieces: list[Piece]) -> None:
        number: int = flow.number
        self._hear(flow, pieces if self._readable is None else self._readable[number].shown(pieces))

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
