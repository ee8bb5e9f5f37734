"""A conversation for people: bodies of HTTP out of their codings, HTTP/2 and HTTP/3 as fields and bodies.

Takes the pieces of one flow and gives pieces whose bytes are to be read. What is no HTTP, and what follows a
gap that its framing does not survive, is passed on as it is.
"""

from __future__ import annotations

import re
from collections import deque

from procwire.decrypt.bodies import Body
from procwire.decrypt.piece import Piece
from procwire.decrypt.readable_frames import Http2Text, Http3Text, Shown
from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols import http2
from procwire.dpi.wire.http_body import BODY, CHUNK, CLOSE, HEAD, Stream
from procwire.dpi.wire.http_fields import framing
from procwire.dpi.wire.http_head import Head, HeadError, parse, starts

MAX_HEAD_BYTES = 1 << 16
MAX_PENDING = 64  # requests without their answer
_CODING = re.compile(rb"(?im)^content-encoding:[ \t]*([^\r\n]{0,256})")
_CONTEXT = Context(transport="tcp")
_BARE = frozenset({204, 304})  # answers without a body (RFC 9112 section 6.3)


class HttpSide:
    """One side of HTTP/1. ``asked``: methods of requests that wait for their answers, shared by both."""

    def __init__(self, asked: deque[str]) -> None:
        self._asked = asked
        self._stream = Stream()
        self._held = b""
        self._body: Body | None = None
        self.lost = False

    def feed(self, data: bytes) -> bytes:
        """What there is to read of more bytes."""
        if self.lost:
            return data
        data = self._held + data
        self._held = b""
        shown: list[bytes] = []
        at = 0
        try:
            while at < len(data):
                behind = self._step(data, at, shown)
                if behind < 0:
                    self._held = data[at:]
                    break
                at = behind
        except (ProtocolError, HeadError):
            shown.append(self.lose() + data[at:])
        return b"".join(shown)

    def lose(self) -> bytes:
        """What follows is shown as it is; returns what was held."""
        held = self._end() + self._held
        self._held, self.lost = b"", True
        return held

    def finish(self) -> bytes:
        """No more will come."""
        return self._end() + self._held

    def _step(self, data: bytes, at: int, shown: list[bytes]) -> int:
        """Shows one part; returns where the next begins, -1 where more bytes are needed."""
        stream = self._stream
        if stream.mode == HEAD:
            return self._head(data, at, shown)
        if stream.mode in {BODY, CHUNK}:
            behind = int(stream.pass_over(len(data), at))
            shown.append(self._add(data[at:behind]))
        elif stream.mode == CLOSE:
            behind = len(data)
            shown.append(self._add(data[at:]))
        else:
            behind = int(stream.line(data, at))
            if behind >= 0 and (self._body is None or not self._body.coded):
                shown.append(data[at:behind])
        if stream.mode == HEAD:
            shown.append(self._end())
        return behind

    def _head(self, data: bytes, at: int, shown: list[bytes]) -> int:
        if not starts(data[at:]) and data[at : at + 1] not in {b"\r", b"\n"}:
            raise ProtocolError("no start line")
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            if len(data) - at > MAX_HEAD_BYTES:
                raise ProtocolError("head too long")
            return -1
        raw = data[at:end].lstrip(b"\r\n")
        shown.append(data[at : end + 4])
        coding = _CODING.search(raw)
        self._begin(parse(raw), coding[1].decode("ascii", "replace") if coding is not None else "")
        return end + 4

    def _begin(self, head: Head, codings: str) -> None:
        chunked, length = framing(head)
        method = ""
        if head.method:
            if len(self._asked) < MAX_PENDING:
                self._asked.append(head.method)
        elif self._asked and (head.status >= 200 or head.status == 101):
            method = self._asked.popleft()
        if head.status == 101 or (method == "CONNECT" and head.status < 300):
            self.lost = True
        bare = method == "HEAD" or head.status in _BARE or 100 <= head.status < 200
        self._body = None if bare else Body(codings)
        if bare:
            self._stream.body(False, None, False)
        else:
            self._stream.body(chunked, length, not head.method)

    def _add(self, data: bytes) -> bytes:
        return data if self._body is None else self._body.add(data)

    def _end(self) -> bytes:
        body, self._body = self._body, None
        return b"" if body is None else body.end()


class Readable:
    """One flow. ``shown`` gives what there is to read of pieces, ``finish`` what was held to the last."""

    def __init__(self) -> None:
        asked: deque[str] = deque()
        self._http = (HttpSide(asked), HttpSide(asked))
        self._frames: Http2Text | Http3Text | None = None
        self._now = 0
        self._begun = False
        self._last: dict[int, Piece] = {}

    def shown(self, pieces: list[Piece]) -> list[Piece]:
        """In place of these."""
        return [one for piece in pieces for one in self._shown(piece) if one.data]

    def finish(self) -> list[Piece]:
        """No more will come."""
        found = []
        for side, piece in self._last.items():
            if self._frames is not None:
                found += [_like(piece, one) for one in self._frames.finish(side)]
            else:
                found.append(_like(piece, (-1, self._http[side].finish())))
        return [piece for piece in found if piece.data]

    def _shown(self, piece: Piece) -> list[Piece]:
        if not self._begun:
            self._begun = True
            if piece.stream >= 0:
                self._frames = Http3Text(piece.side)
            elif http2.claims(piece.data, Direction(piece.side), _CONTEXT) is Claim.YES:
                self._frames = Http2Text(piece.side if piece.data[:1] == b"P" else 1 - piece.side)
        self._last[piece.side] = piece
        if self._frames is not None:
            if piece.missing:
                self._frames.lose(piece.side, piece.stream, piece.missing)
            found = self._frames.feed(piece.side, piece.stream, piece.data)
            return [_like(piece, one) for one in found]
        side = self._http[piece.side]
        before = side.lose() if piece.missing and not side.lost else b""
        return [_like(piece, (-1, before + side.feed(piece.data)))]


def _like(piece: Piece, shown: Shown) -> Piece:
    stream, data = shown
    return Piece(piece.side, data, piece.now, piece.layer, stream, piece.missing)
