"""SIP: requests and responses with who calls whom, and the media that SDP describes (RFC 3261, RFC 8866).

Recognised by a start line that ends or begins with ``SIP/2.0``, on any port, over UDP and TCP. A response
is matched to its request by Call-ID, CSeq and branch. Digest answers are shown as present, never as they
are. The media themselves flow elsewhere: where SDP announces them they are found as ``rtp`` by that, else
by their shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import sdp, text_message
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending, unanswered
from procwire.dpi.wire.text_message import MAX_BODY, Head, masked
from procwire.dpi.wire.text_stream import TextStream
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "sip"
REQUESTS = True
PORTS = frozenset({("udp", 5060), ("tcp", 5060)})
TRANSPORTS = frozenset({"udp", "tcp"})
FIRST = b"ABCIMNOPRSUD"

_METHODS = (b"ACK", b"BYE", b"CANCEL", b"INFO", b"INVITE", b"MESSAGE", b"NOTIFY", b"OPTIONS", b"PRACK",
            b"PUBLISH", b"REFER", b"REGISTER", b"SUBSCRIBE", b"UPDATE", b"DO", b"BENOTIFY")  # fmt: skip
_REQUEST = lazy(rb"([A-Z]{2,10}) ((?:sips?|tel|urn):[^ \r\n]{1,1024}) SIP/2\.0\Z")
_STATUS = lazy(rb"SIP/2\.0 ([1-6][0-9][0-9])(?: (.*))?\Z")
_BRANCH = lazy(rb"(?i)branch=([^;, ]+)")


class SipRequest(Observation, kw_only=True):
    """A request."""

    TABLE = "sip"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("request or response.")] = "request"
    method: Annotated[str, says("Request method.")]
    uri: Annotated[str, says("Whom the request is sent to; passwords are masked.")]
    call_from: Annotated[str, says("From field.")]
    call_to: Annotated[str, says("To field.")]
    call_id: Annotated[str, says("Call-ID field.")]
    cseq: Annotated[str, says("CSeq field.")]
    contact: Annotated[str, says("Contact field.")]
    user_agent: Annotated[str, says("User-Agent field.")]
    authorization: Annotated[str, says("Scheme of the credentials sent; never the credentials.")]
    content_type: Annotated[str, says("Content-Type field.")]
    media: Annotated[tuple[str, ...], says("Media offered: kind, address, transport, codecs.")]
    retransmitted: Annotated[bool, says("It was sent before.")]

    @property
    def credentials(self) -> bool:
        """Whether a password itself was sent: a digest's answer is not one."""
        return self.authorization.lower() == "basic"


class SipResponse(Observation, kw_only=True):
    """A response, with what was asked."""

    TABLE = "sip"
    message: Annotated[str, says("request or response.")] = "response"
    status: Annotated[int, says("Status code.")]
    reason: Annotated[str, says("Reason phrase.")]
    method: Annotated[str, says("Method of the request this answers.")]
    call_from: Annotated[str, says("From field.")]
    call_to: Annotated[str, says("To field.")]
    call_id: Annotated[str, says("Call-ID field.")]
    cseq: Annotated[str, says("CSeq field.")]
    server: Annotated[str, says("Server or User-Agent field.")]
    content_type: Annotated[str, says("Content-Type field.")]
    media: Annotated[tuple[str, ...], says("Media answered: kind, address, transport, codecs.")]
    latency: Annotated[int | None, says("From the request to this response.", kind=Kind.DURATION)]


OBSERVATIONS = (SipRequest, SipResponse)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole start line."""
    if data and data[0] not in FIRST:
        return Claim.NO
    line, end, _ = data.partition(b"\n")
    line = line.rstrip(b"\r")
    if end:
        return Claim.YES if _starts(line) else Claim.NO
    if context.transport == "udp" or len(line) > 1100:
        return Claim.NO
    word, space, rest = line.partition(b" ")
    if line.startswith(b"SIP/2.0"[: len(line)]):
        return Claim.MORE
    if not space:
        return Claim.MORE if any(one.startswith(word) for one in _METHODS) else Claim.NO
    scheme = any(
        one.startswith(rest[:5]) or rest.startswith(one) for one in (b"sip:", b"sips:", b"tel:", b"urn:")
    )
    return Claim.MORE if word in _METHODS and scheme else Claim.NO


def _starts(line: bytes) -> bool:
    found = _REQUEST.match(line)
    return found[1] in _METHODS if found is not None else _STATUS.match(line) is not None


def _begins(data: bytes) -> bool:
    return claims(data, Direction.OUT, _TCP) is not Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._stream = context.transport == "tcp"
        self._messages = TextStream(_begins)
        self._told = context.told
        self._asked = Pending()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram, or a stream's next bytes."""
        if not self._stream:
            if data.strip(b"\r\n\0 "):  # RFC 5626 section 3.5.1: empty lines keep the way open
                head = text_message.read(data)
                if head is None:
                    raise ProtocolError("not whole")
                yield from self._tell(side, head, data[head.size :], now)
            return
        for head, body in self._messages.push(side, data):
            yield from self._tell(side, head, body, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """The next message is looked for at the start of a segment."""
        self._messages.miss(side, size)
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser: a body that is too long to be read is not needed."""
        return self._messages.skip(side)

    def finish(self, now: int) -> Iterable[Observation]:
        """Requests that no answer was seen to."""
        return unanswered(now, self._asked) if self._told and not self._messages.lossy else ()

    def _tell(self, side: Direction, head: Head, body: bytes, now: int) -> Iterator[Observation]:
        described = body[:MAX_BODY] if b"sdp" in head.fields.get(b"content-type", b"").lower() else b""
        yield self._message(side, head, sdp.media(described), now)
        yield from sdp.announced(described, side, now)

    def _message(self, side: Direction, head: Head, media: tuple[str, ...], now: int) -> Observation:
        asked = _REQUEST.match(head.start)
        branch = _BRANCH.search(head.fields.get(b"via", b""))
        cseq = head.fields.get(b"cseq", b"")
        key = (head.fields.get(b"call-id", b"")[:256], cseq[:64], branch[1][:128] if branch else b"")
        if asked is not None:
            return self._request(side, head, (shown(asked[1]), asked[2], media), now, key)
        found = _STATUS.match(head.start)
        if found is None:
            raise ProtocolError("not a start line")
        final = found[1][:1] != b"1"
        since, _ = self._asked.answer((1 - side, *key), now)
        if not final and since is not None:
            self._asked.ask((1 - side, *key), now - since)
        return SipResponse(
            time=now,
            side=side,
            status=int(found[1]),
            reason=shown(found[2] or b""),
            method=shown(cseq.split(b" ")[-1], 32),
            call_from=head.text(b"from"),
            call_to=head.text(b"to"),
            call_id=head.text(b"call-id"),
            cseq=head.text(b"cseq"),
            server=head.text(b"server") or head.text(b"user-agent"),
            content_type=head.text(b"content-type"),
            media=media,
            latency=since,
        )

    def _request(
        self,
        side: Direction,
        head: Head,
        what: tuple[str, bytes, tuple[str, ...]],
        now: int,
        key: tuple[bytes, ...],
    ) -> Observation:
        method, uri, media = what
        said = f"{method} {masked(shown(uri))}"
        again = self._asked.ask((side, *key), now, side=side, said=said) if method != "ACK" else False
        given = head.fields.get(b"authorization") or head.fields.get(b"proxy-authorization") or b""
        return SipRequest(
            time=now,
            side=side,
            method=method,
            uri=masked(shown(uri)),
            call_from=head.text(b"from"),
            call_to=head.text(b"to"),
            call_id=head.text(b"call-id"),
            cseq=head.text(b"cseq"),
            contact=head.text(b"contact"),
            user_agent=head.text(b"user-agent"),
            authorization=shown(given.split(b" ")[0], 32),
            content_type=head.text(b"content-type"),
            media=media,
            retransmitted=again,
        )


_TCP = Context(transport="tcp")
