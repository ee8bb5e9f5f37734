"""HTTP/2 without TLS: requests with their responses, gRPC calls with their status (RFC 9113, RFC 7541).

Recognised by the client's preface, on any port, or by a server's first SETTINGS; or HTTP/1 handed on to it
(h2c). Header compression is followed with its whole state; behind a gap that state is gone, and that side is
not read on. Bodies are passed over, but for messages of DNS (RFC 8484), which are read as such. A call of
gRPC is told when its status arrives.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.dns_bodies import DnsBodies
from procwire.dpi.wire.http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PREFACE,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    Fields,
    Frame,
    Frames,
    content,
    settings,
)
from procwire.dpi.wire.http2_records import (
    ERRORS,
    GRPC,
    GrpcCall,
    Http2Request,
    Http2Reset,
    Http2Response,
    request,
    status_of,
    text,
)
from procwire.model.observation import Observation

NAME = "http2"
PORTS = frozenset({("tcp", 50051)})  # of gRPC; the rest of it comes where HTTP does
TRANSPORTS = frozenset({"tcp"})
ROAMS = True
FIRST = b"P\0"  # a server's first frame is SETTINGS, shorter than 64 KiB

MAX_SETTINGS = 96  # bytes of a first SETTINGS frame: each known one twice
PRIVATE = 0xF000  # settings above are for experiments (RFC 9113 section 11.3): gRPC sends one
MAX_STREAMS = 1024  # exchanges followed at a time; the oldest is forgotten

_SETTINGS = frozenset({1, 2, 3, 4, 5, 6, 8, 9, 16})  # registered with IANA

OBSERVATIONS = (Http2Request, Http2Response, Http2Reset, GrpcCall)

SHAPES = {
    "tcp": Shape(
        starts=(
            *beginnings(PREFACE[:8]),
            {
                0: b"\0",
                1: b"\0",
                2: bytes(range(0, MAX_SETTINGS + 1, 6)),
                3: bytes((SETTINGS,)),
                4: b"\0",
                5: b"\0",
                6: b"\0",
                7: b"\0",
            },
        )
    )
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The whole preface; of a server that speaks first, a SETTINGS frame with settings that are known."""
    if data[:1] == b"\0":
        return _claims_settings(data, context.announced == NAME)
    if data.startswith(PREFACE):
        return Claim.YES
    return Claim.MORE if PREFACE.startswith(data) else Claim.NO


def _claims_settings(data: bytes, announced: bool) -> Claim:
    if data[3:4] not in {b"", b"\4"} or data[:2] not in {b"\0", b"\0\0"}:  # most are refused by this
        return Claim.NO
    head = data[:9]
    wanted = (0, 0, None, SETTINGS, 0, 0, 0, 0, 0)
    if any(one is not None and one != byte for one, byte in zip(wanted, head, strict=False)):
        return Claim.NO
    if len(head) > 2 and (head[2] % 6 or head[2] > MAX_SETTINGS):
        return Claim.NO
    if len(data) < 9 or (not announced and (not head[2] or len(data) < 9 + head[2])):
        return Claim.MORE
    numbers = [data[at] << 8 | data[at + 1] for at in range(9, 9 + head[2], 6)]
    known = all(number in _SETTINGS or number >= PRIVATE for number in numbers)
    return Claim.YES if announced or (known and numbers[0] in _SETTINGS) else Claim.NO


class _Exchange:
    """One stream: what was asked, and when."""

    __slots__ = ("answered", "asked", "bytes", "grpc")

    def __init__(self, asked: Http2Request) -> None:
        self.asked = asked
        self.answered = False
        self.bytes = [0, 0]
        self.grpc = asked.content_type.startswith("application/grpc")


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self._sides = (Frames(), Frames())
        self._client: int | None = None
        self._preface = b""  # as far as it came
        self._streams: OrderedDict[int, _Exchange] = OrderedDict()
        self._named = False
        self._dns = DnsBodies()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._client is None:
            self._client = side if data[:1] == b"P" else 1 - side
        if side == self._client and len(self._preface) < len(PREFACE):
            missing = len(PREFACE) - len(self._preface)
            self._preface += data[:missing]
            data = data[missing:]
            if not PREFACE.startswith(self._preface):
                raise ProtocolError("not the preface")
        for frame in self._sides[side].next(data):
            yield from self._frame(side, frame, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """See contract.Parser."""
        self._sides[side].lose(size)
        return iter(())

    def finish(self, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        yield from self._dns.finish(now)

    def skip(self, side: Direction) -> int:
        """See contract.Parser: bodies are not needed."""
        if self._sides[side].broken or (self._named and not self._told):
            return ENOUGH
        return self._sides[side].skip()

    def _frame(self, side: Direction, frame: Frame, now: int) -> Iterator[Observation]:
        frames = self._sides[side]
        if frames.within and frame.kind != CONTINUATION:
            raise ProtocolError("a header block is not ended")
        if frame.kind == DATA:
            self._data(side, frame)
            if frame.stream in frames.kept:
                yield from self._body(side, frame, now)
        elif frame.kind in {HEADERS, CONTINUATION, PUSH_PROMISE}:
            whole = frames.headers(frame)
            if whole is not None:
                yield from self._head(side, whole[0], whole[1], now)
        elif frame.kind == SETTINGS and not frame.flags & ACK:
            table = settings(frame.payload).get(1)
            if table is not None:
                self._sides[1 - side].allow(table)
        elif frame.kind in {RST_STREAM, GOAWAY}:
            yield from self._reset(side, frame, now)

    def _data(self, side: Direction, frame: Frame) -> None:
        exchange = self._streams.get(frame.stream)
        if exchange is None:
            return
        exchange.bytes[side] += frame.size
        if frame.flags & END_STREAM and side != self._client and not exchange.grpc:
            self._streams.pop(frame.stream, None)

    def _keep(self, side: Direction, begun: Frame, fields: Fields, now: int) -> Iterator[Observation]:
        """A message of DNS in the target, or in the body that follows."""
        if not self._told:
            return
        if not begun.flags & END_STREAM and self._dns.begin((side, begun.stream), fields):
            self._sides[side].kept = self._dns.streams(side)
        if side == self._client:
            yield from self._dns.asked(side, fields.get(b":method", b""), fields.get(b":path", b""), now)

    def _body(self, side: Direction, frame: Frame, now: int) -> Iterator[Observation]:
        key, ended = (int(side), frame.stream), bool(frame.flags & END_STREAM)
        if frame.size and not frame.payload:
            self._dns.drop(key)
        yield from self._dns.add(key, content(frame), now, ended=ended)
        self._sides[side].kept = self._dns.streams(side)

    def _head(self, side: Direction, begun: Frame, fields: Fields, now: int) -> Iterator[Observation]:
        if begun.kind == PUSH_PROMISE:
            yield request(fields, begun.stream, (side, now), pushed=True)
            return
        exchange = self._streams.get(begun.stream)
        if side == self._client:
            if exchange is None and b":method" in fields:
                yield self._ask(side, begun.stream, fields, now)
                yield from self._keep(side, begun, fields, now)
            return
        ended = bool(begun.flags & END_STREAM)
        if b":status" in fields:
            yield self._answer(side, begun.stream, fields, now)
            yield from self._keep(side, begun, fields, now)
            if exchange is not None:
                exchange.grpc = exchange.grpc or text(fields, b"content-type").startswith("application/grpc")
        if exchange is not None and ended:
            if exchange.grpc:
                yield self._call(side, exchange, status_of(fields), now)
            self._streams.pop(begun.stream, None)

    def _ask(self, side: Direction, stream: int, fields: Fields, now: int) -> Observation:
        asked = request(fields, stream, (side, now), pushed=False)
        self._named = self._named or (asked.name != "" and asked.credentials)
        if len(self._streams) >= MAX_STREAMS:
            self._streams.popitem(last=False)
        self._streams[stream] = _Exchange(asked)
        return asked

    def _answer(self, side: Direction, stream: int, fields: Fields, now: int) -> Observation:
        exchange = self._streams.get(stream)
        asked = exchange.asked if exchange is not None else None
        code = text(fields, b":status")
        if not (code.isdigit() and len(code) == 3):
            raise ProtocolError("not a status")
        length = text(fields, b"content-length")
        return Http2Response(
            time=now,
            side=side,
            stream=stream,
            status=int(code),
            method=asked.method if asked else "",
            host=asked.host if asked else "",
            path=asked.path if asked else "",
            content_type=text(fields, b"content-type"),
            content_length=int(length) if length.isdigit() and len(length) < 19 else None,
            server=text(fields, b"server"),
            latency=now - asked.time if asked else None,
        )

    def _call(
        self, side: Direction, exchange: _Exchange, status: tuple[int | None, str], now: int
    ) -> Observation:
        asked, code = exchange.asked, status[0]
        service, _, method = asked.path.lstrip("/").rpartition("/")
        return GrpcCall(
            time=now,
            side=side,
            service=service,
            method=method,
            host=asked.host,
            status="" if code is None else GRPC.get(code, str(code)),
            code=code,
            text=status[1],
            content_type=asked.content_type,
            request_bytes=exchange.bytes[1 - side],
            response_bytes=exchange.bytes[side],
            latency=now - asked.time,
        )

    def _reset(self, side: Direction, frame: Frame, now: int) -> Iterator[Observation]:
        at = 0 if frame.kind == RST_STREAM else 4
        code = int.from_bytes(frame.payload[at : at + 4], "big")
        exchange = self._streams.pop(frame.stream, None) if frame.kind == RST_STREAM else None
        if frame.kind == GOAWAY and not code:  # the usual end
            return
        yield Http2Reset(
            time=now,
            side=side,
            stream=frame.stream,
            error=ERRORS.get(code, str(code)),
            path=exchange.asked.path if exchange is not None else "",
        )
