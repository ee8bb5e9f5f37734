# cython: language_level=3
"""HTTP/1.x: requests and responses (RFC 9110, RFC 9112), each response matched to its request.

Recognised by a whole request line that ends in ``HTTP/1.x`` or by a status line, from either side, on any
port. Bodies are passed over unread (chunked, by length, until close), but for DNS. After CONNECT or an
accepted upgrade the stream is handed on, and behind the head of a stream of events. Of a head that was
captured in part the whole lines are told. Credentials are shown as present, never as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cython

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.http_body import BODY, CHUNK, CLOSE, HEAD, HOLD, LOST
from procwire.dpi.wire.http_dns import HttpDns, holds_dns
from procwire.dpi.wire.http_fields import credentials, framing, streams_events, target
from procwire.dpi.wire.http_head import MAX_HEAD, HeadError, parse, starts
from procwire.dpi.wire.http_messages import HttpBrief, told_request, told_response
from procwire.dpi.wire.http_records import HttpRequest, HttpResponse
from procwire.model.observation import Observation, Upgraded

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.http_body import Stream
    from cython.cimports.procwire.dpi.wire.http_head import Head
else:
    from procwire.dpi.wire.http_body import Stream
    from procwire.dpi.wire.http_head import Head

NAME = "http"
PORTS = frozenset({("tcp", port) for port in (80, 8080, 8000, 8008, 8888, 3128, 5985, 631, 9200)})
TRANSPORTS = frozenset({"tcp"})
FIRST = bytes(range(ord("A"), ord("Z") + 1))

MAX_PENDING = 1024  # requests without a response so far
MAX_RESYNC = 64  # pieces looked at for a new start after a gap

_SIDES = (Direction.OUT, Direction.IN)
_UPGRADES = {"h2c": "http2", "tls": "tls", "websocket": "websocket"}

OBSERVATIONS = (HttpRequest, HttpResponse)
_CLAIMS = {1: Claim.YES, 0: Claim.NO, -1: Claim.MORE}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A request line or a status line; either side may be the client where the start was not seen."""
    return _CLAIMS[starts(data)]


_UNASKED = ("", "", "", -1, "")  # method, host, path, time and offered upgrade of a request not seen


@cython.cclass
class Parser:
    """See contract.Parser."""

    _out: Stream
    _in: Stream
    _asked: Any  # requests without their response so far, in a list; () before the first
    _drift: cython.bint
    _client: cython.int  # side, or -1 for not known
    _broken: Any
    _rest: Any
    _told: cython.bint
    _bare: cython.bint  # it has all that is asked for: see Context.named
    _named: cython.bint  # the flow was given its name
    _dns: Any  # HttpDns, from the first message of DNS on

    def __init__(self, context: Context) -> None:
        self._told, self._bare = context.told, context.named
        self._named = self._drift = False
        self._out, self._in, self._asked, self._client = Stream(), Stream(), (), -1
        self._broken = self._rest = self._dns = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._broken is not None:
            raise self._broken
        out: list[Observation] = []
        try:
            self._read(self._out if side == 0 else self._in, side, data, now, out)
        except ProtocolError as error:
            self._broken = error
            if not out:
                raise
        return out

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:
        """Bytes of a body may be missing; elsewhere the next start line is looked for."""
        stream: Stream = self._out if side == 0 else self._in
        out: list[Observation] = []
        if stream.kept:
            self._dns.drop(stream, side)
        if not stream.missing(size):
            self._cut(stream, side, now, out)
            self._lose(stream, side)
        return out

    def finish(self, now: int) -> Iterable[Observation]:
        """Heads that were not whole when the capture or the connection ended."""
        out: list[Observation] = []
        for side in _SIDES:
            self._cut(self._out if side == 0 else self._in, side, now, out)
        if self._dns is not None:
            self._dns.finish(now, out)
        return out

    def skip(self, side: Direction) -> int:
        """See contract.Parser: bodies are not needed."""
        return (self._out if side == 0 else self._in).skip()

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed the upgrade."""
        return b"" if self._rest is None else self._rest[side]

    @cython.cfunc
    def _read(
        self, stream: Stream, side: cython.int, data: bytes, now: cython.longlong, out: list[Any]
    ) -> Any:
        if stream.held:
            data = stream.held + data
            stream.held = b""
        at: cython.Py_ssize_t = 0
        end: cython.Py_ssize_t = len(data)
        step: cython.Py_ssize_t
        while at < end and stream.mode != CLOSE:
            step = self._step(stream, side, data, at, now, out)
            if step < 0:
                if stream.mode != LOST:
                    stream.held = data[at:]
                break
            at = step
        return None

    @cython.cfunc
    @cython.exceptval(check=True)
    def _step(  # noqa: PLR0917
        self,
        stream: Stream,
        side: cython.int,
        data: bytes,
        at: cython.Py_ssize_t,
        now: cython.longlong,
        out: list[Any],
    ) -> cython.Py_ssize_t:
        """Read one piece at ``at``; returns where the next begins, or -1 where more bytes are needed."""
        mode: cython.int = stream.mode
        if mode == HEAD:
            return self._head(stream, side, data, at, now, out)
        if stream.kept:
            return self._dns.piece(stream, side, data, at, now, out)  # type: ignore[no-any-return]
        if mode in {BODY, CHUNK}:
            return stream.pass_over(len(data), at)
        if mode == HOLD:
            return self._holding(stream, data, at)
        if mode == LOST:
            return self._resync(stream, data, at)
        return stream.line(data, at)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _head(  # noqa: PLR0917
        self,
        stream: Stream,
        side: cython.int,
        data: bytes,
        at: cython.Py_ssize_t,
        now: cython.longlong,
        out: list[Any],
    ) -> cython.Py_ssize_t:
        first: bytes = data[at : at + 1]
        if first in {b"\r", b"\n"}:  # RFC 9112 section 2.2: empty lines before a request line
            return at + 1
        long: cython.Py_ssize_t = data.find(b"\n\r\n", at + stream.scanned)
        short: cython.Py_ssize_t = data.find(b"\n\n", at + stream.scanned, long if long >= 0 else len(data))
        end: cython.Py_ssize_t = short if short >= 0 else long
        if end < 0:
            return self._partial(stream, side, data, at)
        stream.scanned = 0
        raw: bytes = data[at : end - 1] if data[end - 1 : end] == b"\r" else data[at:end]
        try:
            if end - at > MAX_HEAD:
                raise HeadError("head too long")
            head: Head = parse(raw, not self._told, self._bare)
        except HeadError as error:
            if not stream.tentative:
                raise ProtocolError(str(error)) from None
            self._lose(stream, side)
            return -1
        stream.tentative = False
        stream.tries = 0
        at = end + (2 if short >= 0 else 3)
        if head.method:
            self._request(stream, side, head, now, out)
        else:
            self._response(stream, side, head, now, out, data[at:])
        return at

    @cython.cfunc
    @cython.exceptval(check=True)
    def _partial(
        self, stream: Stream, side: cython.int, data: bytes, at: cython.Py_ssize_t
    ) -> cython.Py_ssize_t:
        size: cython.Py_ssize_t = len(data) - at
        if size > MAX_HEAD or ((stream.scanned == 0 or size < 4096) and starts(data[at:]) == 0):
            if not stream.tentative:
                raise ProtocolError("head too long" if size > MAX_HEAD else "not a start line")
            self._lose(stream, side)
            return -1
        stream.scanned = max(0, size - 3)
        return -1

    @cython.cfunc
    def _cut(self, stream: Stream, side: cython.int, now: cython.longlong, out: list[Any]) -> Any:
        """A head that was captured in part (short frames, lost segments): its whole lines are told."""
        lines: bytes = stream.held
        end: cython.Py_ssize_t = lines.rfind(b"\n")
        if stream.mode != HEAD or stream.tentative or self._broken is not None or end < 0:
            return None
        stream.held = b""
        try:
            head: Head = parse(lines[:end].rstrip(b"\r"), not self._told, self._bare)
            if head.method and head.method != "CONNECT":
                self._request(stream, side, head, now, out)
            elif head.status >= 200 and not streams_events(head) and not self._tunnels():
                self._response(stream, side, head, now, out, b"")
        except (HeadError, ProtocolError):
            return None
        return None

    @cython.cfunc
    def _tunnels(self) -> cython.bint:
        """Whether the next response may hand the stream on."""
        return len(self._asked) > 0 and self._asked[0][0] == "CONNECT"

    @cython.cfunc
    def _request(
        self, stream: Stream, side: cython.int, head: Head, now: cython.longlong, out: list[Any]
    ) -> Any:
        if self._client not in {-1, side}:
            raise ProtocolError("both sides send requests")
        self._client, self._asked = side, self._asked or []
        chunked, length = framing(head)
        upgrade = head.text(b"upgrade")
        if self._told:
            asked: HttpRequest = told_request(head, length, upgrade, _SIDES[side], now)
            out.append(asked)
            self._asked.append((head.method, asked.host, asked.path, now, upgrade))
        else:
            out.append(self._brief(head, side, now))
            self._asked.append((head.method, "", "", now, upgrade))
        if len(self._asked) > MAX_PENDING:
            self._asked.pop(0)
            self._drift = True
        stream.after = HOLD if head.method == "CONNECT" or upgrade else HEAD
        if head.method == "CONNECT":
            chunked, length = False, None  # RFC 9110 section 9.3.6
        stream.body(chunked, length, False)
        if self._told and holds_dns(head):
            self._enclosed(stream, side, head, now, out)
        return None

    @cython.cfunc
    def _enclosed(
        self, stream: Stream, side: cython.int, head: Head, now: cython.longlong, out: list[Any]
    ) -> Any:
        self._dns = self._dns or HttpDns()
        self._dns.begin(stream, side, head, now, out)
        return None

    @cython.cfunc
    def _response(  # noqa: PLR0917
        self,
        stream: Stream,
        side: cython.int,
        head: Head,
        now: cython.longlong,
        out: list[Any],
        rest: bytes,
    ) -> Any:
        if self._client == side:
            raise ProtocolError("both sides send responses")
        self._client = 1 - side
        chunked, length = framing(head)
        asked: Any = self._match(head.status) or _UNASKED
        method: str = asked[0]
        offered: str = asked[4]
        if self._told:
            out.append(told_response(head, length, asked, _SIDES[side], now))
        else:
            out.append(HttpBrief(time=now, side=_SIDES[side], host="", faults=tuple(head.faults)))
        if head.status == 101 or (method == "CONNECT" and 200 <= head.status < 300):
            token = head.text(b"upgrade").split(",")[0].split("/")[0].strip().lower()
            self._hand_on(side, "" if method == "CONNECT" else _UPGRADES.get(token, token), now, out, rest)
            return None
        stream.after = HEAD
        bare: cython.bint = head.status < 200 or head.status in {204, 304} or method == "HEAD"
        if bare:  # RFC 9112 section 6.3
            stream.body(False, None, False)
        else:
            stream.body(chunked, length, True)
            if length is None and not self._asked and streams_events(head):
                self._hand_on(side, "sse", now, out, rest)
                return None
            if self._told and holds_dns(head):
                self._enclosed(stream, side, head, now, out)
        if head.status >= 200 and (method == "CONNECT" or offered):
            self._unhold(now, out)
        return None

    @cython.cfunc
    def _brief(self, head: Head, side: cython.int, now: cython.longlong) -> Any:
        """A request that nobody reads: the first host that is a name is the flow's."""
        if self._bare:
            return Observation(time=now, side=_SIDES[side])
        host, _, secret = target(head)
        brief = HttpBrief(
            time=now,
            side=_SIDES[side],
            host="" if self._named else host,
            credentials=secret or credentials(head)[1],
            faults=tuple(head.faults),
        )
        self._named = self._named or brief.name != ""
        return brief

    @cython.cfunc
    def _match(self, status: cython.int) -> Any:
        """The request a response answers, or None; interim responses (1xx) leave it waiting."""
        asked: Any = self._asked
        if not asked or (self._drift and len(asked) != 1):
            if self._drift and asked and status >= 200:
                asked.pop(0)
            return None
        if status < 200 and status != 101:
            return asked[0]
        self._drift = False
        return asked.pop(0)

    @cython.cfunc
    def _hand_on(
        self,
        side: cython.int,
        hint: str,
        now: cython.longlong,
        out: list[Any],
        rest: bytes,
    ) -> Any:
        client: Stream = self._in if side == 0 else self._out
        server: Stream = self._out if side == 0 else self._in
        self._rest = (rest, client.held) if side == 0 else (client.held, rest)
        client.held = server.held = b""
        client.mode = server.mode = CLOSE
        out.append(Upgraded(time=now, side=_SIDES[side], hint=hint))
        return None

    @cython.cfunc
    def _unhold(self, now: cython.longlong, out: list[Any]) -> Any:
        """The offer was declined: what the client sent meanwhile is HTTP."""
        client: Stream = self._out if self._client == 0 else self._in
        client.after = HEAD
        if client.mode == HOLD:
            client.mode = HEAD
            self._read(client, self._client, b"", now, out)
        return None

    @cython.cfunc
    @cython.exceptval(check=True)
    def _holding(self, stream: Stream, data: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Behind CONNECT or an offered upgrade: wait for the answer, unless this is the next request."""
        last: Any = self._asked[-1] if self._asked else ("",)
        if last[0] != "CONNECT" and starts(data[at:]) == 1:
            stream.mode = HEAD
            return at
        if len(data) - at > MAX_HEAD:
            stream.mode = CLOSE
        return -1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _resync(self, stream: Stream, data: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
        if starts(data[at:]) != 0:
            stream.mode = HEAD
            stream.tentative = True
            return at
        stream.tries += 1
        if stream.tries > MAX_RESYNC:
            stream.mode = CLOSE
        return -1

    @cython.cfunc
    def _lose(self, stream: Stream, side: cython.int) -> Any:
        stream.lose()
        self._drift = True
        if side == self._client:
            self._asked = ()
        return None
