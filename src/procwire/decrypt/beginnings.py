"""What each side of a flow said first: kept of what was read anyway, for who looks at a flow that is over.

A StreamSink in front of the analyzer that keeps what the analyzer is shown, within bounds, and asks for
nothing itself: what a parser skips never came by. Flows are kept by the order in which they began to speak;
the oldest makes room, and is counted. Nothing is understood until somebody asks.
"""

from __future__ import annotations

from typing import Any

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.piece import Piece
from procwire.model.flow import Flow
from procwire.model.streams import ENOUGH, StreamSink

MAX_SIDE_BYTES = 16 << 10  # of one side of a flow
MAX_PIECES = 128  # of one flow
MAX_BYTES = 4 << 20  # of all flows together, with what it costs to hold them
PIECE_COST = 200  # bytes that CPython needs to hold a piece, beside its own
FLOW_COST = 600
MAX_TOLD_BYTES = 128 << 10  # of one flow, once its bodies are out of their codings
PLAIN = "payload"  # see Piece
TCP = 6


class _Begun:
    """One flow: pieces as side, time, bytes missing before, and data."""

    __slots__ = ("ahead", "clear", "cost", "kept", "pieces")

    def __init__(self) -> None:
        self.clear: tuple[list[Piece], list[str]] | None = None  # what was decrypted, while there were keys
        self.pieces: list[tuple[int, int, int, bytes]] = []
        self.kept = [0, 0]
        self.ahead = [0, 0]  # bytes that will be missing before a side's next piece
        self.cost = FLOW_COST


class Beginnings:
    """``keys``: what is encrypted is told in clear where they open it."""

    def __init__(self, keys: KeyLog | None, inner: StreamSink) -> None:
        self._keys = keys
        self._inner = inner
        self.frames = getattr(inner, "frames", None)
        self._begun: dict[int, _Begun] = {}  # by flow number, which are given once
        self.held = 0  # bytes, costs included
        self.evicted = 0  # flows that had to make room
        self._gone = 0  # the highest number of those: what comes of them later is no beginning

    def __len__(self) -> int:
        return len(self._begun)

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        """See StreamSink."""
        wanted = self._inner.data(flow, side, data, now)
        begun = self._begun.get(flow.number)
        if begun is None and flow.number > self._gone:
            begun = self._begun[flow.number] = _Begun()
            self.held += FLOW_COST
        if begun is not None:
            room = MAX_SIDE_BYTES - begun.kept[side]
            if room > 0 and len(begun.pieces) < MAX_PIECES:
                self._keep(begun, side, now, bytes(data[:room]))
            _skip(begun, flow, side, wanted)
        return wanted

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        """See StreamSink."""
        wanted = self._inner.gap(flow, side, size, now)
        begun = self._begun.get(flow.number)
        if begun is not None:
            begun.ahead[side] += size
            _skip(begun, flow, side, wanted)
        return wanted

    def ended(self, flow: Any, now: int) -> None:
        """See StreamSink: what is kept of it stays until others need the room; its keys are gone with it."""
        begun = self._begun.get(flow.number)
        if begun is not None and self._keys is not None:
            found, notes = self.told(flow)
            if any(piece.layer != PLAIN for piece in found):
                begun.clear, begun.pieces = (found, notes), []
                self._charge(begun, FLOW_COST + sum(len(piece.data) + PIECE_COST for piece in found))
        self._inner.ended(flow, now)

    def kept(self, flow: Flow) -> tuple[int, int] | None:
        """How many bytes of each side are kept; None for a flow of which nothing is."""
        begun = self._begun.get(flow.number)
        return (begun.kept[0], begun.kept[1]) if begun is not None else None

    def told(self, flow: Flow) -> tuple[list[Piece], list[str]]:
        """What was said first, for people; and what of it could not be read."""
        begun = self._begun.get(flow.number)
        if begun is None or begun.clear is not None:
            return ([], []) if begun is None or begun.clear is None else begun.clear
        from procwire.decrypt.conversation import conversation_of
        from procwire.decrypt.readable import Readable

        talk, readable = conversation_of(flow.proto, self._keys), Readable()
        found: list[Piece] = []
        time = 0
        for side, time, missing, data in begun.pieces:
            if missing:
                talk.gap(side, missing)
            found += readable.shown(talk.feed(side, data, time))
        found += [*readable.shown(talk.finish(time)), *readable.finish()]
        return _bounded(found), talk.notes

    def _keep(self, begun: _Begun, side: int, now: int, data: bytes) -> None:
        missing, begun.ahead[side] = begun.ahead[side], 0
        begun.pieces.append((side, now, missing, data))
        begun.kept[side] += len(data)
        self._charge(begun, begun.cost + len(data) + PIECE_COST)

    def _charge(self, begun: _Begun, cost: int) -> None:
        self.held += cost - begun.cost
        begun.cost = cost
        while self.held > MAX_BYTES:
            oldest = next(iter(self._begun))
            self.held -= self._begun.pop(oldest).cost
            self.evicted += 1
            self._gone = max(self._gone, oldest)


def _skip(begun: _Begun, flow: Flow, side: int, wanted: int) -> None:
    """A stream goes on behind what is not wanted; a datagram is shown whole."""
    if flow.proto == TCP and wanted < ENOUGH:
        begun.ahead[side] += wanted


def _bounded(pieces: list[Piece]) -> list[Piece]:
    """Not more than MAX_TOLD_BYTES: a body may be much larger than what it was sent as."""
    found: list[Piece] = []
    room = MAX_TOLD_BYTES
    for piece in pieces:
        if room <= 0:
            break
        data = piece.data[:room]
        room -= len(data)
        found.append(Piece(piece.side, data, piece.now, piece.layer, piece.stream, piece.missing))
    return found
