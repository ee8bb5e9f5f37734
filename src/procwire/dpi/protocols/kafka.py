"""Apache Kafka: every request with its kind, client and topics, matched to its response.

Recognised by a request's header: a sane length, a known API key and version, and a printable client id that
fits (Kafka protocol guide, "Messages"), on any port. Topics are read from the common requests in the versions
whose layout is known here; records are passed over. Error codes stand at other places in each response and
are not read, but for ApiVersions and logins. Passwords (SASL PLAIN) are reported as sent.
A password is a risk of the flow where it comes within the first 64 requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire._kafka_names import APIS, FLEXIBLE
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain, readable
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "kafka"
PORTS = frozenset({("tcp", 9092), ("tcp", 9093), ("tcp", 9094)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\0"

HEADER_BYTES = 14  # length, API key, version, correlation id, length of the client id
MAX_REQUEST = 100 << 20  # bytes; socket.request.max.bytes of the broker
MAX_CLIENT_ID = 255  # bytes
MAX_TOPICS = 16  # shown of one request
MAX_VERSION = 20  # of a request that a stream is recognised by

PRODUCE, FETCH, METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 0, 1, 3, 17, 18, 36
GROUPS = frozenset({8, 9, 11, 12, 13, 14})  # requests that begin with a group's name
_CLIENT_INFO = 3  # ApiVersions tells the client's software from this version on


class KafkaRequest(Observation, kw_only=True):
    """A client sent a request."""

    TABLE = "kafka"
    message: Annotated[str, says("request or response.")] = "request"
    api: Annotated[str, says("Kind of the request: Produce, Fetch, Metadata, ...")]
    version: Annotated[int, says("Version of that kind.")]
    correlation: Annotated[int, says("Number that the response repeats.")]
    client_id: Annotated[str, says("Name that the client gave itself.")] = ""
    software: Annotated[str, says("Client library and version, as announced.")] = ""
    topics: Annotated[tuple[str, ...], says("Topics named in the request.")] = ()
    group: Annotated[str, says("Consumer group.")] = ""
    mechanism: Annotated[str, says("How a login proves itself.")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]


class KafkaLogin(KafkaRequest, kw_only=True):
    """A request with a password, among the first of its session."""

    RISKS: ClassVar = {"credentials": "cleartext-credentials"}


class KafkaResponse(Observation, kw_only=True):
    """A broker answered."""

    TABLE = "kafka"
    message: Annotated[str, says("request or response.")] = "response"
    api: Annotated[str, says("Kind of the request this answers, where seen.")] = ""
    correlation: Annotated[int, says("Number of the request this answers.")]
    error: Annotated[int | None, says("Error code, where it is read; 0 is none.")] = None
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (KafkaRequest, KafkaLogin, KafkaResponse)

SHAPES = {"tcp": Shape(starts=({0: b"\0", 4: b"\0", 6: b"\0", 7: bytes(range(MAX_VERSION + 1))},))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Every field of the header must make sense, and the client id be text."""
    size = int.from_bytes(data[:4], "big") if len(data) >= 4 else HEADER_BYTES
    if data[:1] not in {b"", b"\0"} or not 10 <= size <= MAX_REQUEST:
        return Claim.NO
    if data[4:5] not in {b"", b"\0"} or data[6:7] not in {b"", b"\0"}:
        return Claim.NO
    if len(data) >= 8:
        api, version = int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big")
        if api not in APIS or version > MAX_VERSION:
            return Claim.NO
    if len(data) < HEADER_BYTES:
        return Claim.MORE
    length = int.from_bytes(data[12:14], "big", signed=True)
    if length <= 0:  # no client id: only what opens a connection is told by its size
        opens = api in {API_VERSIONS, METADATA, SASL_HANDSHAKE} and size <= 64 and data[8:10] == b"\0\0"
        return Claim.YES if opens and length >= -1 and api == API_VERSIONS else Claim.NO
    if length > MAX_CLIENT_ID or length + 10 > size:
        return Claim.NO
    name = data[14 : 14 + length]
    if not readable(name or b"x"):
        return Claim.NO
    return Claim.YES if len(name) >= min(length, 3) else Claim.MORE


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 1024

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < 4:
            return 0
        size = int.from_bytes(data[at : at + 4], "big")
        if not 4 <= size <= MAX_REQUEST * 2:
            raise ProtocolError("no message of Kafka")
        return 4 + size

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter: a request that would be claimed, or an answer to one that waits."""
        if side == self.client or self.client < 0:
            return claims(data, side, self.context) is Claim.YES
        return len(data) >= 8 and self._waiting.peek(int.from_bytes(data[4:8], "big")) is not None

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if self.client < 0:
            self.client = side
        if side == self.client:
            return (self._request(side, Cursor(data, 4), size, now),)
        return (self._response(side, Cursor(data, 4), size, now),)

    def _request(self, side: Direction, body: Cursor, size: int, now: int) -> Observation:
        api, version, number = body.u16(), body.u16(), body.u32()
        if api not in APIS or version > MAX_VERSION:
            raise ProtocolError("no request of Kafka")
        client_id = plain(body.counted(2))
        flexible = version >= FLEXIBLE.get(api, 99)
        if flexible:
            _tags(body)
        told: dict[str, Any] = {}
        with suppress(ProtocolError):  # longer than what is read, or of another layout
            told = _told(api, version, flexible, body)
        said = "" if api == PRODUCE else APIS[api]  # acks=0: no answer is wanted
        self._waiting.renew(number, now, (api, version), side=side, said=said)
        kind = KafkaLogin if self.early() and told.get("credentials") else KafkaRequest
        return kind(
            time=now,
            side=side,
            api=APIS[api],
            version=version,
            correlation=number,
            client_id=client_id,
            size_bytes=size,
            **told,
        )

    def _response(self, side: Direction, body: Cursor, size: int, now: int) -> Observation:
        number = body.u32()
        latency, asked = self._waiting.answer(number, now)
        error = None
        if asked and asked[0] in {API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE} and body.left >= 2:
            if asked[0] == SASL_AUTHENTICATE and asked[1] >= FLEXIBLE[SASL_AUTHENTICATE]:
                _tags(body)
            error = body.signed(2) if body.left >= 2 else None
        return KafkaResponse(
            time=now,
            side=side,
            api=APIS[asked[0]] if asked else "",
            correlation=number,
            error=error,
            size_bytes=size,
            latency=latency,
        )


def _varint(body: Cursor) -> int:
    value = 0
    for place in range(5):
        byte = body.u8()
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return value
    raise ProtocolError("a number of more than five bytes")


def _tags(body: Cursor) -> None:
    """KIP-482: tagged fields are passed over."""
    for _ in range(min(_varint(body), 16)):
        _varint(body)
        body.take(_varint(body))


def _text(body: Cursor, flexible: bool) -> str:
    if not flexible:
        return plain(body.counted(2))
    size = _varint(body)
    return plain(body.take(size - 1)) if size > 1 else ""


def _count(body: Cursor, flexible: bool) -> int:
    return _varint(body) - 1 if flexible else body.signed(4)


def _told(api: int, version: int, flexible: bool, body: Cursor) -> dict[str, Any]:
    """What the first fields of the common requests say."""
    if api == API_VERSIONS and version >= _CLIENT_INFO:
        name, release = _text(body, True), _text(body, True)
        return {"software": f"{name} {release}".strip()}
    if api in GROUPS and api != 9:
        return {"group": _text(body, flexible)}
    if api == 9 and version < 8:
        return {"group": _text(body, flexible)}
    if api == SASL_HANDSHAKE:
        return {"mechanism": _text(body, flexible)}
    if api == SASL_AUTHENTICATE:
        size = _count(body, flexible)
        return _login(body.take(min(size, body.left)))
    if api in {PRODUCE, FETCH, METADATA}:
        return {"topics": _topics(api, version, flexible, body)}
    return {}


def _login(data: bytes) -> dict[str, Any]:
    parts = data.split(b"\0")
    if len(parts) == 3:  # SASL PLAIN: authorization, user, password
        return {"user": plain(parts[1]), "credentials": True}
    name = next((part for part in data.split(b",") if part.startswith(b"n=")), b"n=")
    return {"user": plain(name[2:])}


def _topics(api: int, version: int, flexible: bool, body: Cursor) -> tuple[str, ...]:
    if api == PRODUCE:
        if version >= 3:
            _text(body, flexible)  # transactional id
        body.take(6)  # acks, timeout
    elif api == FETCH:
        if version >= 13:
            return ()  # topics by id
        body.take(12 + (4 if version >= 3 else 0) + (1 if version >= 4 else 0) + (8 if version >= 7 else 0))
    elif version >= 10:
        return _named(body)
    count = _count(body, flexible)
    if api == METADATA:
        return tuple([_entry(body, flexible) for _ in range(max(0, min(count, MAX_TOPICS)))])
    return (_text(body, flexible),) if count > 0 else ()  # the next ones stand behind records


def _entry(body: Cursor, flexible: bool) -> str:
    name = _text(body, flexible)
    if flexible:
        _tags(body)
    return name


def _named(body: Cursor) -> tuple[str, ...]:
    """Metadata from version 10 on: an id stands before each name."""
    names = []
    for _ in range(max(0, min(_count(body, True), MAX_TOPICS))):
        body.take(16)
        names.append(_entry(body, True))
    return tuple(names)
