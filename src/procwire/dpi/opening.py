# cython: language_level=3
"""The first bytes of a flow, held until a protocol claims them or all have refused.

Three ways to read them. A TCP stream seen from its start: each side's bytes are joined, and a protocol that
refuses either side is out. A TCP stream whose start was not seen: any segment may be a start, so a refusal
drops the bytes and the next segment is tried. Datagrams: each is asked about by itself.
"""

from __future__ import annotations

from typing import Any

import cython
import msgspec

from procwire.dpi.candidates import in_order
from procwire.dpi.contract import Claim
from procwire.dpi.shape import PIECES, SAMPLE_BYTES
from procwire.model.streams import Direction

if cython.compiled:
    from cython.cimports.procwire.dpi.candidates import ask
else:
    from procwire.dpi.candidates import ask

MAX_PIECES = 64  # pieces held apart; more are joined

_SIDES = (Direction.OUT, Direction.IN)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is looked at before a flow is called unknown, and held over all flows."""

    side_bytes: int = 4096
    datagrams: int = 16
    attempts: int = 16  # segments tried as a start, where the start was not seen
    total_bytes: int = 64 << 20


class Refused:
    """The answer when every protocol refused, or the bound was reached."""


REFUSED = Refused()


@cython.no_gc
@cython.cclass
class Opening:
    """Undecided bytes of one flow. ``pieces`` are (side, bytes, now) in order of arrival.

    Both are tuples, as most flows hold no piece or one, and those that are empty are one.
    """

    context: Any
    _table: list[Any]
    _front: Any
    _banned: Any
    _limits: Any
    pieces: tuple[Any, ...]
    _stream_out: bytes
    _stream_in: bytes
    _candidates: Any
    held: cython.longlong
    _bound: cython.int
    _tries: cython.int
    datagrams: cython.bint
    loose: cython.bint
    defect: Any
    sizes: tuple[Any, ...]  # of the first pieces, those of dst below zero
    start: bytes  # of the first piece

    def __init__(self, context: Any, table: list[Any], front: Any, loose: bool, limits: Limits) -> None:
        self.context = context
        self._table = table
        self._front = front
        self._banned = ()
        self._limits = limits
        self.pieces = self.sizes = ()
        self.start = b""
        self._stream_out = self._stream_in = b""
        self._candidates = None
        self.held = 0
        self._bound = limits.side_bytes
        self.datagrams = context.transport != "tcp"
        self._tries = limits.datagrams if self.datagrams else limits.attempts
        self.loose = loose
        self.defect = None

    @property
    def waiting(self) -> Any:
        """The protocols that have not refused so far; None where none was asked."""
        return self._candidates

    @property
    def uncertain(self) -> bool:
        """Whether the stream's start was not seen, so that a refusal means little."""
        return self.loose

    @property
    def full(self) -> bool:
        """Whether more than the bound is held."""
        return self.held > 2 * self._bound

    def replay(self) -> list[Any]:
        """The pieces held, as (side, bytes, now) in order of arrival."""
        return list(self.pieces)

    def push(self, side: cython.int, data: bytes, now: cython.longlong) -> Any:
        """The entry that claims the bytes, REFUSED, or None where more are needed."""
        known: bytes = self._stream(side)
        stream: bytes = data if self.datagrams or not known else known + data
        found = self._ask(side, stream, self._order(side, stream))
        if found is REFUSED and self.loose and known and not self.datagrams:
            self.forget(side)
            stream = data
            found = self._ask(side, stream, self._order(side, stream))
        return self._decide(side, stream, data, now, found)

    @cython.ccall
    def first(self, side: cython.int, data: bytes, now: cython.longlong, waiting: Any, found: Any) -> Any:
        """What ``push`` would do with the very first bytes, where their answers are known already.

        ``found`` claimed them, or is None: then ``waiting`` are the entries that need more, if any.
        """
        self._candidates = waiting
        if found is None and not waiting:
            found = REFUSED
        return self._decide(side, data, data, now, found)

    @cython.cfunc
    def _decide(self, side: cython.int, stream: bytes, data: bytes, now: cython.longlong, found: Any) -> Any:
        if not self.sizes:
            self.start = data[:SAMPLE_BYTES]
        if len(self.sizes) < PIECES:
            self.sizes += (len(data) if side == 0 else -len(data),)
        if found is REFUSED:
            return self._refused(side)
        self._keep(side, stream)
        self.hold(side, data, now)
        if found is None and self._enough(len(stream)):
            return REFUSED
        return found

    def hold(self, side: cython.int, data: bytes, now: cython.longlong) -> None:
        """Keep a piece for the parser that will be chosen."""
        pieces = self.pieces
        if len(pieces) >= MAX_PIECES and not self.datagrams and pieces[len(pieces) - 1][0] == side:
            self.pieces = (*pieces[:-1], (side, pieces[len(pieces) - 1][1] + data, now))
        else:
            self.pieces = (*pieces, (side, data, now))
        self.held += len(data)

    def forget(self, side: cython.int) -> None:
        """Drop what is held of one side; the stream goes on from a place that is not its start."""
        self._keep(side, b"")
        kept = tuple([piece for piece in self.pieces if piece[0] != side])
        size: cython.longlong = 0
        for piece in kept:
            size += len(piece[1])
        self.held = size
        self.pieces = kept
        self._candidates = None

    def broken(self, side: cython.int) -> None:
        """Bytes are missing: from here on any segment may be a start."""
        self.loose = True
        self.forget(side)

    def retry(self, entry: Any) -> Any:
        """The next claim after the parser of ``entry`` failed on these bytes: as ``push`` answers."""
        self._banned = (*self._banned, entry)
        pieces = self.pieces
        self.pieces = self.sizes = ()
        self._stream_out = self._stream_in = b""
        self._candidates = None
        self.held = 0
        found: Any = REFUSED
        for side, data, now in pieces:
            if found is None or found is REFUSED:
                found = self.push(side, data, now)
            else:
                self.hold(side, data, now)
        return found

    @cython.cfunc
    def _stream(self, side: cython.int) -> bytes:
        return self._stream_out if side == 0 else self._stream_in

    @cython.cfunc
    def _keep(self, side: cython.int, stream: bytes) -> cython.void:
        if side == 0:
            self._stream_out = stream
        else:
            self._stream_in = stream

    @cython.cfunc
    def _ask(self, side: cython.int, stream: bytes, asked: Any) -> Any:
        if len(stream) > self._bound and not self.datagrams:
            stream = stream[: self._bound]
        answer = ask(asked, stream, side, self.context)
        if answer.defect is not None:
            self.defect = answer.defect
        if answer.entry is not None:
            return answer.entry
        self._candidates = answer.waiting
        if self.datagrams and self.pieces and answer.waiting:
            return self._confirmed(side, stream, answer.waiting)
        return None if answer.waiting else REFUSED

    @cython.cfunc
    def _confirmed(self, side: cython.int, data: bytes, waiting: Any) -> Any:
        """The first of those in doubt that is sure of all datagrams together; see ``contract``."""
        seen: Any = None
        for entry in waiting:
            confirm = getattr(entry.module, "confirm", None)
            if confirm is None:
                continue
            if seen is None:
                seen = [(_SIDES[piece[0]], piece[1]) for piece in self.pieces]
                seen.append((_SIDES[side], data))
            try:
                if confirm(
                    seen, self.context
                ):  # what it refuses alone came before it, and is not shown to it
                    self.pieces = tuple([one for one in self.pieces if self._suits(entry, one)])
                    self.held = sum([len(one[1]) for one in self.pieces])
                    return entry
            except Exception as error:
                self.defect = f"{entry.name}.confirm: {error!r}"
        return None

    @cython.cfunc
    def _suits(self, entry: Any, piece: Any) -> cython.bint:
        return entry.claims(piece[1], _SIDES[piece[0]], self.context) is not Claim.NO

    @cython.cfunc
    def _order(self, side: cython.int, stream: bytes) -> Any:
        """Whom to ask: those of the first byte, hinted ones first, without those that are out."""
        head: bytes = stream
        first: cython.int = head[0]
        table = self._table[first]
        if self._candidates is not None and not self.loose and not self.datagrams:
            return [entry for entry in self._candidates if entry in table or self._stream(side)]
        if not self._front and not self._banned:
            return table
        return [entry for entry in in_order(self._front, table) if entry not in self._banned]

    @cython.cfunc
    def _refused(self, side: cython.int) -> Any:
        self._tries -= 1
        if self._tries <= 0 or not (self.loose or self.datagrams):
            return REFUSED
        if not self.datagrams:
            self.forget(side)
        return None

    @cython.cfunc
    def _enough(self, size: cython.longlong) -> cython.bint:
        if self.datagrams:
            self._tries -= 1
            return self._tries <= 0 or self.held > 4 * self._bound
        return size >= self._bound or len(self.pieces) > 4 * MAX_PIECES
