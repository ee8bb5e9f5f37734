"""CoAP over UDP: requests with their path, responses, observations, latency by token.

Recognised on its own port by a header, options and payload marker that make sense; on another only by a
request with a readable path and no option unknown to it (RFC 7252 sections 3 and 5, RFC 7641, RFC 7959). A
request sent again is told as that. CoAP over TCP (RFC 8323) is not read; secured, it is DTLS.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import bounded, plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "coap"
REQUESTS = True
PORTS = frozenset({("udp", 5683)})
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(byte for byte in range(0x40, 0x80) if byte & 15 <= 8)  # version 1, length of a token

MAX_OPTIONS = 32  # of one message

_TYPES = ("confirmable", "non-confirmable", "acknowledgement", "reset")
_METHODS = {1: "GET", 2: "POST", 3: "PUT", 4: "DELETE", 5: "FETCH", 6: "PATCH", 7: "iPATCH"}
_ANSWERS = {0x41, 0x42, 0x43, 0x44, 0x45, 0x5F, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x88, 0x89, 0x8C,
            0x8D,
            0x8F, 0x96, 0x9D, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA8}  # fmt: skip
_OPTIONS = frozenset(
    {1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 19, 20, 23, 27, 28, 35, 39, 60, 252, 258, 292}
)
URI_HOST, OBSERVE, URI_PATH, CONTENT_FORMAT, URI_QUERY, BLOCK2, BLOCK1 = 3, 6, 11, 12, 15, 23, 27


class CoapRequest(Observation, kw_only=True):
    """A client asked for a resource."""

    TABLE = "coap"
    message: Annotated[str, says("request, response, empty or reset.")] = "request"
    type: Annotated[str, says("confirmable or non-confirmable.")]
    method: Annotated[str, says("GET, POST, PUT, DELETE, ...")]
    host: Annotated[str, says("Host asked for, where named.")] = ""
    path: Annotated[str, says("Path of the resource.")]
    query: Annotated[str, says("Query behind the path.")] = ""
    observe: Annotated[bool, says("Whether the client wants to be told of changes.")] = False
    retransmitted: Annotated[bool, says("Whether the same message was sent before.")] = False
    payload_bytes: Annotated[int, says("Length of the payload; it is not kept.", kind=Kind.SIZE)] = 0


class CoapResponse(Observation, kw_only=True):
    """A server answered, or told of a change."""

    TABLE = "coap"
    message: Annotated[str, says("request, response, empty or reset.")] = "response"
    type: Annotated[str, says("acknowledgement, confirmable, non-confirmable or reset.")]
    code: Annotated[str, says("Code of the response: 2.05, 4.04, ...")] = ""
    method: Annotated[str, says("Method of the request this answers, where seen.")] = ""
    path: Annotated[str, says("Path of the request this answers, where seen.")] = ""
    observe: Annotated[bool, says("Whether more will follow when the resource changes.")] = False
    payload_bytes: Annotated[int, says("Length of the payload; it is not kept.", kind=Kind.SIZE)] = 0
    latency: Annotated[int | None, says("From the first request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (CoapRequest, CoapResponse)


class Message:
    """One message, its options by number. Raises ProtocolError for what is none."""

    __slots__ = ("code", "ident", "kind", "options", "payload", "token")

    def __init__(self, data: bytes) -> None:
        if len(data) < 4 or data[0] >> 6 != 1 or (data[0] & 15) > 8 or len(data) < 4 + (data[0] & 15):
            raise ProtocolError("no message of CoAP")
        self.kind = data[0] >> 4 & 3
        self.code = data[1]
        self.ident = data[2:4]
        self.token = data[4 : 4 + (data[0] & 15)]
        self.options: list[tuple[int, bytes]] = []
        self.payload = 0
        if self.code not in _METHODS and self.code not in _ANSWERS and self.code != 0:
            raise ProtocolError("no code of CoAP")
        if self.code == 0 and len(data) != 4:
            raise ProtocolError("an empty message that is not empty")
        self._read(data, 4 + len(self.token))

    def _read(self, data: bytes, at: int) -> None:
        number = 0
        while at < len(data):
            if data[at] == 0xFF:
                self.payload = len(data) - at - 1
                if not self.payload:
                    raise ProtocolError("a marker without payload")
                return
            delta, at2 = _extended(data, data[at] >> 4, at + 1)
            size, at2 = _extended(data, data[at] & 15, at2)
            number += delta
            if at2 + size > len(data) or len(self.options) >= MAX_OPTIONS:
                raise ProtocolError("an option that runs over the end")
            self.options.append((number, data[at2 : at2 + size]))
            at = at2 + size

    def joined(self, wanted: int, between: str) -> str:
        """All options of a number, as one text."""
        return bounded(between.join([plain(value) for number, value in self.options if number == wanted]))

    def has(self, wanted: int) -> bool:
        """Whether there is such an option."""
        return any(number == wanted for number, _ in self.options)


def _extended(data: bytes, nibble: int, at: int) -> tuple[int, int]:
    """RFC 7252 section 3.1: 13 and 14 say that more bytes follow."""
    if nibble < 13:
        return nibble, at
    size = nibble - 12
    if nibble == 15 or at + size > len(data):
        raise ProtocolError("no option of CoAP")
    return int.from_bytes(data[at : at + size], "big") + (13 if nibble == 13 else 269), at + size


SHAPES = {"udp": Shape(starts=({1: bytes((0, *_METHODS, *_ANSWERS))},), least=4)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A message that can be read to its end."""
    try:
        message = Message(data)
    except ProtocolError:
        return Claim.NO
    if any(number not in _OPTIONS for number, _ in message.options):
        return Claim.NO
    if 5683 in {context.src_port, context.dst_port}:
        return Claim.YES
    path = [value for number, value in message.options if number == URI_PATH]
    telling = all(len(part) >= 2 and part.isascii() and part.decode().isprintable() for part in path)
    sure = message.code in _METHODS and message.kind < 2 and len(b"".join(path)) >= 4 and telling
    return Claim.YES if sure and len(message.token) >= 1 else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Pending())
        self._idents = Pending()

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: a datagram is one message."""
        return len(data)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        message = Message(data)
        if message.code in _METHODS:
            return (self._request(side, message, now),)
        if not message.code:
            name = "reset" if message.kind == 3 else "empty"
            return (CoapResponse(time=now, side=side, message=name, type=_TYPES[message.kind]),)
        return (self._response(side, message, now),)

    def _request(self, side: Direction, message: Message, now: int) -> Observation:
        method = _METHODS[message.code]
        path = "/" + message.joined(URI_PATH, "/")
        again = self._idents.peek((side, message.ident)) == message.token
        self._idents.renew((side, message.ident), now, message.token)
        if not again:
            said = f"{method} {path}"
            self._waiting.renew((side, message.token), now, (method, path), side=side, said=said)
        return CoapRequest(
            time=now,
            side=side,
            type=_TYPES[message.kind],
            method=method,
            host=message.joined(URI_HOST, "."),
            path=path,
            query=message.joined(URI_QUERY, "&"),
            observe=any(number == OBSERVE and not any(value) for number, value in message.options),
            retransmitted=again,
            payload_bytes=message.payload,
        )

    def _response(self, side: Direction, message: Message, now: int) -> Observation:
        observed = message.has(OBSERVE)
        key = (1 - side, message.token)
        latency, asked = self._waiting.answer(key, now)
        told: dict[str, Any] = {}
        if asked is not None:
            method, path, *more = asked
            told = {"method": method, "path": path, "latency": None if more else latency}
            if observed:  # what follows is a change, not an answer
                self._waiting.renew(key, now, (method, path, "observed"))
        return CoapResponse(
            time=now,
            side=side,
            type=_TYPES[message.kind],
            code=f"{message.code >> 5}.{message.code & 31:02}",
            observe=observed,
            payload_bytes=message.payload,
            **told,
        )
