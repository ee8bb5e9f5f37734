"""HTTP/3 over the streams of a QUIC connection (RFC 9114), with the state of its compression (RFC 9204).

Bodies are passed over, but for messages of DNS (RFC 8484). A header block that waits for table entries is
held, at most MAX_BLOCKED of a side.
What does not decompress ends that side's headers, not the other's.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from procwire.decrypt.qpack import Fields, Qpack
from procwire.dpi.contract import Direction
from procwire.dpi.wire.dns_bodies import DnsBodies
from procwire.dpi.wire.http2_records import request, text
from procwire.dpi.wire.http3_records import Http3Request, Http3Response
from procwire.dpi.wire.quic_packet import varint
from procwire.model.observation import Observation

CONTROL, PUSH, ENCODER, DECODER = 0, 1, 2, 3  # types of unidirectional streams
DATA, HEADERS, SETTINGS = 0, 1, 4
MAX_BLOCK_BYTES = 1 << 16  # of one header block or SETTINGS frame
MAX_STREAMS = 1024  # followed at once; the oldest is forgotten

_SIDES = (Direction.OUT, Direction.IN)


class Asked(msgspec.Struct):
    """What a stream asked for."""

    method: str
    host: str
    path: str
    at: int


class _Stream:
    """One direction of a stream: its frames as far as they came."""

    __slots__ = ("buffer", "content", "kind", "skip")

    def __init__(self, kind: int) -> None:
        self.buffer = b""
        self.kind = kind  # of a unidirectional stream; -1 while it is not known; -2 for a request stream
        self.skip = 0  # bytes of a body to be passed over
        self.content = False  # and shown to who reads messages of DNS


class Http3:
    """One connection."""

    def __init__(self, client: int) -> None:
        self._client = client
        self._streams: OrderedDict[tuple[int, int], _Stream] = OrderedDict()
        self._asked: OrderedDict[int, Asked] = OrderedDict()
        self._qpack = (Qpack(), Qpack())
        self._found: list[Observation] = []
        self._now = 0
        self._dns = DnsBodies()

    def feed(
        self, side: int, stream: int, data: bytes, now: int, *, ended: bool = False
    ) -> list[Observation]:
        """The next bytes of a stream, which may end with them; returns what was observed."""
        self._now = now
        self._feed(side, stream, self._state(side, stream), data)
        if ended and self._dns.wants((side, stream)):
            self._found += self._dns.add((side, stream), b"", now, ended=True)
        found, self._found = self._found, []
        return found

    @property
    def broken(self) -> bool:
        """Whether headers of a side could not be unfolded, and are not read on."""
        return self._qpack[0].broken or self._qpack[1].broken

    def finish(self, now: int) -> list[Observation]:
        """No more will come."""
        return list(self._dns.finish(now))

    def _feed(self, side: int, stream: int, state: _Stream, data: bytes) -> None:
        if state.skip:
            passed = min(state.skip, len(data))
            state.skip -= passed
            if state.content:
                self.content(side, stream, data[:passed])
            data = data[passed:]
        if not data:
            return
        data = state.buffer + data
        state.buffer = b""
        if state.kind == -1:
            kind, at = varint(data, 0)
            if kind < 0:
                state.buffer = data
                return
            state.kind, data = kind, data[at:]
        if state.kind == ENCODER:
            self._resume(side, self._qpack[side].instruct(data))
        elif state.kind in (CONTROL, -2):
            self._frames(side, stream, state, data)

    def gap(self, side: int, stream: int) -> None:
        """Bytes of a stream are missing: its framing is lost, and with an encoder's stream the table."""
        state = self._state(side, stream)
        if state.kind == ENCODER:
            self._qpack[side].broken = True
        state.kind, state.buffer, state.skip = DECODER, b"", 0  # passed over from here on
        self._dns.drop((side, stream))

    def _state(self, side: int, stream: int) -> _Stream:
        state = self._streams.get((side, stream))
        if state is None:
            if len(self._streams) >= MAX_STREAMS:
                self._streams.popitem(last=False)
            state = self._streams[side, stream] = _Stream(-1 if stream & 2 else -2)
        return state

    def _frames(self, side: int, stream: int, state: _Stream, data: bytes) -> None:
        at, size = 0, len(data)
        while at < size:
            kind, behind = varint(data, at)
            length, body = varint(data, behind)
            if kind < 0 or length < 0:
                break
            wanted = kind in (HEADERS, SETTINGS) and length <= MAX_BLOCK_BYTES
            if not wanted:
                state.content = kind == DATA and self.keeps(side, stream)
                if state.content:
                    self.content(side, stream, data[body : body + length])
                state.skip = max(0, body + length - size)
                at = min(size, body + length)
                continue
            if body + length > size:
                break
            self._frame(side, stream, kind, data[body : body + length])
            at = body + length
        state.buffer = data[at:]

    def keeps(self, side: int, stream: int) -> bool:
        """Whether the bodies of a stream are wanted."""
        return self._dns.wants((side, stream))

    def content(self, side: int, stream: int, data: bytes) -> None:
        """More of a body that is wanted."""
        self._found += self._dns.add((side, stream), data, self._now, ended=False)

    def _frame(self, side: int, stream: int, kind: int, body: bytes) -> None:
        if kind == SETTINGS:
            self._qpack[1 - side].allow(settings(body))
            return
        fields = self._qpack[side].fields(stream, body)
        if fields is not None:
            self.head(side, stream, fields)

    def _resume(self, side: int, streams: list[int]) -> None:
        for stream in streams:
            fields = self._qpack[side].resume(stream)
            if fields is not None:
                self.head(side, stream, fields)

    def head(self, side: int, stream: int, fields: Fields) -> None:
        """The fields of a request, an answer, or a trailer."""
        if b":method" in fields and side == self._client:
            asked = request(fields, stream, (_SIDES[side], self._now), pushed=False)
            self._found.append(Http3Request(**msgspec.structs.asdict(asked)))
            if len(self._asked) >= MAX_STREAMS:
                self._asked.popitem(last=False)
            self._asked[stream] = Asked(asked.method, asked.host, asked.path, self._now)
            self._dns.begin((side, stream), fields)
            target = fields.get(b":path", b"")
            self._found += self._dns.asked(side, fields[b":method"], target, self._now)
        elif b":status" in fields and side != self._client:
            self._found.append(self._answer(side, stream, fields))
            self._dns.begin((side, stream), fields)

    def _answer(self, side: int, stream: int, fields: Fields) -> Observation:
        asked = self._asked.get(stream)
        status, length = fields[b":status"], fields.get(b"content-length", b"")
        return Http3Response(
            time=self._now,
            side=_SIDES[side],
            stream=stream,
            status=int(status) if status.isdigit() and len(status) == 3 else 0,
            method=asked.method if asked else "",
            host=asked.host if asked else "",
            path=asked.path if asked else "",
            content_type=text(fields, b"content-type"),
            content_length=int(length) if length.isdigit() and len(length) < 19 else None,
            server=text(fields, b"server"),
            latency=self._now - asked.at if asked else None,
        )


def settings(body: bytes) -> dict[int, int]:
    """Identifiers and values of a SETTINGS frame (RFC 9114 section 7.2.4), as far as they parse."""
    found: dict[int, int] = {}
    at = 0
    while at < len(body):
        number, at = varint(body, at)
        value, at = varint(body, at)
        if number < 0 or value < 0:
            break
        found[number] = value
    return found
