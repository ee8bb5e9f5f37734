"""RTSP: requests with their responses, the media that SDP describes, transports (RFC 2326, RFC 7826).

Recognised by a start line that ends or begins with ``RTSP/1.0`` or ``RTSP/2.0``, on any port. Media that
are carried in the same connection (behind ``$``) are passed over and counted; those on ports of their own
are announced by SETUP, and found as ``rtp`` by that. Passwords in URLs are masked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import sdp
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text_message import Head, masked
from procwire.dpi.wire.text_stream import TextStream
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "rtsp"
PORTS = frozenset({("tcp", 554), ("tcp", 8554), ("tcp", 5554), ("tcp", 7070)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"ADGOPRST"

MAX_RESYNC = 64  # pieces looked at for a new start after a gap
_METHODS = (b"OPTIONS", b"DESCRIBE", b"ANNOUNCE", b"SETUP", b"PLAY", b"PAUSE", b"TEARDOWN", b"GET_PARAMETER",
            b"SET_PARAMETER", b"REDIRECT", b"RECORD", b"PLAY_NOTIFY")  # fmt: skip
_REQUEST = lazy(rb"([A-Z_]{4,13}) ([^ \r\n]{1,1024}) RTSP/([12]\.0)\Z")
_PORTS = lazy(rb"(client|server)_port=([0-9]{1,5})(?:-([0-9]{1,5}))?")
_STATUS = lazy(rb"RTSP/([12]\.0) ([1-5][0-9][0-9])(?: (.*))?\Z")


class RtspExchange(Observation, kw_only=True):
    """A request and its response."""

    TABLE = "rtsp"
    RISKS: ClassVar = {"basic": "cleartext-credentials"}
    method: Annotated[str, says("Request method; empty where the request was not seen.")]
    url: Annotated[str, says("What is asked for; passwords are masked.")]
    status: Annotated[int | None, says("Status code; none where no response was seen.")]
    reason: Annotated[str, says("Reason phrase.")]
    session: Annotated[str, says("Session identifier.")]
    transport: Annotated[str, says("Transport agreed on, with its ports or channels.")]
    user_agent: Annotated[str, says("User-Agent field of the request.")]
    server: Annotated[str, says("Server field of the response.")]
    authorization: Annotated[str, says("Scheme of the credentials sent; never the credentials.")]
    media: Annotated[tuple[str, ...], says("Media described: kind, address, transport, codecs.")]
    interleaved_bytes: Annotated[int, says("Media in this connection so far.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the request to the response.", kind=Kind.DURATION)]

    @property
    def basic(self) -> bool:
        """Whether a password itself was sent: a digest's answer is not one."""
        return self.authorization.lower() == "basic" or ":***@" in self.url


OBSERVATIONS = (RtspExchange,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole start line."""
    if data and data[0] not in FIRST:
        return Claim.NO
    line, end, _ = data.partition(b"\n")
    line = line.rstrip(b"\r")
    if end:
        found = _REQUEST.match(line)
        good = found[1] in _METHODS if found is not None else _STATUS.match(line) is not None
        return Claim.YES if good else Claim.NO
    if len(line) > 1100:
        return Claim.NO
    word, space, rest = line.partition(b" ")
    if line.startswith(b"RTSP/"[: len(line)]):
        return Claim.MORE
    if not space:
        return Claim.MORE if any(one.startswith(word) for one in _METHODS) else Claim.NO
    good = any(
        one.startswith(rest[:7]) or rest.startswith(one)
        for one in (b"rtsp:", b"rtspu:", b"rtsps:", b"*", b"/")
    )
    return Claim.MORE if word in _METHODS and good else Claim.NO


def _begins(data: bytes) -> bool:
    return claims(data, Direction.OUT, _TCP) is not Claim.NO


def _interleaved(held: bytearray) -> int:
    """RFC 2326 section 10.12: media in this connection."""
    return 4 + (held[2] << 8 | held[3]) if held[0] == 0x24 else 0


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._messages = TextStream(_begins, _interleaved)
        self._asked = Pending()
        self._codecs = ""  # as a description named them

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        for head, body in self._messages.push(side, data):
            yield from self._message(side, head, body, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """The next message is looked for at the start of a segment."""
        self._messages.miss(side, size)
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser: media are not needed."""
        return self._messages.skip(side)

    def finish(self, now: int) -> Iterator[Observation]:
        """Requests that no response was seen to."""
        for _, asked in self._asked.left():
            yield self._exchange(Direction(asked.side), asked.note, None, b"", (now, None))

    def _message(self, side: Direction, head: Head, body: bytes, now: int) -> Iterator[Observation]:
        key = head.fields.get(b"cseq", b"")[:32]
        if _REQUEST.match(head.start):
            self._asked.ask((side, key), now, head, side=side)
            return
        if not _STATUS.match(head.start):
            raise ProtocolError("not a start line")
        latency, asked = self._asked.answer((1 - side, key), now)
        yield self._exchange(side, asked, head, body, (now, latency))
        if _described(head):
            self._codecs = sdp.notes(sdp.described(body)) or self._codecs
            yield from sdp.announced(body, side, now)
        yield from self._announced(side, head, now)

    def _announced(self, side: Direction, head: Head, now: int) -> Iterator[Observation]:
        """RFC 2326 section 12.39: two ports each, media first; the client's where it asked from."""
        for end, media, control in _PORTS.findall(head.fields.get(b"transport", b"")):
            listens = side if end == b"server" else Direction(1 - side)
            yield sdp.expected(listens, now, ("", int(media)), self._codecs)
            if control:
                yield sdp.expected(listens, now, ("", int(control)), app="rtcp")

    def _exchange(
        self,
        side: Direction,
        asked: Head | None,
        head: Head | None,
        body: bytes,
        when: tuple[int, int | None],
    ) -> Observation:
        request = _REQUEST.match(asked.start) if asked is not None else None
        found = _STATUS.match(head.start) if head is not None else None
        empty = Head(b"", {}, 0)
        asked, head = asked or empty, head or empty
        media = sdp.media(body) if _described(head) else ()
        return RtspExchange(
            time=when[0],
            side=side,
            method=shown(request[1]) if request else "",
            url=masked(shown(request[2])) if request else "",
            status=int(found[2]) if found else None,
            reason=shown(found[3] or b"") if found else "",
            session=(head.text(b"session") or asked.text(b"session")).split(";")[0],
            transport=head.text(b"transport"),
            user_agent=asked.text(b"user-agent"),
            server=head.text(b"server"),
            authorization=shown(asked.fields.get(b"authorization", b"").split(b" ")[0], 32),
            media=media,
            interleaved_bytes=self._messages.passed,
            latency=when[1],
        )


def _described(head: Head) -> bool:
    return b"sdp" in head.fields.get(b"content-type", b"").lower()


_TCP = Context(transport="tcp")
