"""MQTT 3.1, 3.1.1 and 5: who connects, what is published where, what is subscribed to, refusals.

Recognised by a CONNECT packet with its protocol name and level (OASIS MQTT 3.1.1 section 3.1, MQTT 5 section
3.1), on any port. Topics are shown, payloads are passed over unread; the password of a CONNECT is reported as
sent. A session that was running already is recognised on its own port, by a message with a topic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain, readable
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "mqtt"
PORTS = frozenset({("tcp", 1883)})
TRANSPORTS = frozenset({"tcp"})
FIRST = bytes((0x10, *range(0x30, 0x36), *range(0x38, 0x3E)))

MAX_FILTERS = 16  # topic filters of one SUBSCRIBE that are shown
MAX_TOPIC = 1024  # bytes of a topic that a running session is recognised by
MAX_LENGTH_BYTES = 4  # of the remaining length, section 2.2.3

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = (
    1,
    2,
    3,
    4,
    5,
    8,
    9,
    10,
    11,
)
PINGREQ, PINGRESP, DISCONNECT, AUTH = 12, 13, 14, 15
_VERSIONS = {(b"MQIsdp", 3): "3.1", (b"MQTT", 4): "3.1.1", (b"MQTT", 5): "5.0"}
_NAMES = {
    CONNECT: "connect", CONNACK: "connack", PUBLISH: "publish", PUBACK: "puback", SUBSCRIBE: "subscribe",
    SUBACK: "suback", UNSUBSCRIBE: "unsubscribe", UNSUBACK: "unsuback", DISCONNECT: "disconnect",
    AUTH: "auth",
}  # fmt: skip
_FLAGS = {6: 2, SUBSCRIBE: 2, UNSUBSCRIBE: 2}  # lower bits that are fixed, others 0; PUBLISH has its own
_REFUSALS = {1: "unacceptable protocol version", 2: "identifier rejected", 3: "server unavailable",
             4: "bad user name or password", 5: "not authorized"}  # fmt: skip
_REASONS = {0x80: "unspecified error", 0x81: "malformed packet", 0x82: "protocol error",
            0x84: "unsupported version",
            0x85: "client identifier not valid", 0x86: "bad user name or password", 0x87: "not authorized",
            0x88: "server unavailable", 0x89: "server busy", 0x8A: "banned",
            0x8C: "bad authentication method",
            0x8D: "keep alive timeout", 0x8E: "session taken over", 0x8F: "topic filter invalid",
            0x90: "topic name invalid", 0x93: "receive maximum exceeded", 0x95: "packet too large",
            0x97: "quota exceeded", 0x9B: "QoS not supported", 0x9C: "use another server",
            0x9D: "server moved"}  # fmt: skip


class MqttConnect(Observation, kw_only=True):
    """A client asked to be let in."""

    TABLE = "mqtt"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("connect, connack, publish, subscribe, ...")] = "connect"
    version: Annotated[str, says("3.1, 3.1.1 or 5.0.")]
    client_id: Annotated[str, says("Client identifier; empty where the server is to choose.")]
    user: Annotated[str, says("User name.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    will_topic: Annotated[str, says("Topic of the message to send when the client is lost.")] = ""
    keep_alive: Annotated[int, says("Longest silence that the client promises.", unit="s")] = 0
    clean: Annotated[bool, says("Whether an older session is thrown away.")] = False


class MqttMessage(Observation, kw_only=True):
    """A message was published, a topic was asked for, or this was answered."""

    TABLE = "mqtt"
    message: Annotated[str, says("connect, connack, publish, subscribe, ...")]
    topic: Annotated[str, says("Topic of the message, or the first filter.")] = ""
    filters: Annotated[tuple[str, ...], says("Topic filters, where there is more than one.")] = ()
    qos: Annotated[int | None, says("Quality of service.")] = None
    retain: Annotated[bool, says("Whether the server keeps the message.")] = False
    duplicate: Annotated[bool, says("Whether it was sent before.")] = False
    payload_bytes: Annotated[int | None, says("Length of the message; it is not read.", kind=Kind.SIZE)] = (
        None
    )
    accepted: Annotated[bool | None, says("Whether what this answers was granted.")] = None
    reason: Annotated[str, says("Why not, or why the session ends.")] = ""
    latency: Annotated[int | None, says("From what this answers.", kind=Kind.DURATION)] = None


OBSERVATIONS = (MqttConnect, MqttMessage)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A CONNECT: its length, the protocol's name, and a level that goes with it."""
    if not data:
        return Claim.MORE
    if data[0] != 0x10:
        return _claims_running(data, context) if data[0] in FIRST else Claim.NO
    try:
        length, at = _length(data, 1)
    except ProtocolError:
        return Claim.NO
    if not at:
        return Claim.MORE
    if length < 12:
        return Claim.NO
    for name, level in _VERSIONS:
        wanted = len(name).to_bytes(2, "big") + name + bytes([level])
        if data[at : at + len(wanted)] == wanted:
            return Claim.YES
        if wanted.startswith(data[at:]):
            return Claim.MORE
    return Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    """A message in the middle of a session, on the port: its topic is text."""
    if 1883 not in {context.src_port, context.dst_port}:
        return Claim.NO
    try:
        length, at = _length(data, 1)
    except ProtocolError:
        return Claim.NO
    if not at or len(data) < at + 2:
        return Claim.MORE
    size = int.from_bytes(data[at : at + 2], "big")
    if not 1 <= size <= min(length - 2, MAX_TOPIC):
        return Claim.NO
    if len(data) < at + 2 + size:
        return Claim.MORE
    return Claim.YES if readable(data[at + 2 : at + 2 + size]) else Claim.NO


def _length(data: bytes, at: int) -> tuple[int, int]:
    """(remaining length, where it ends); (0, 0) where more bytes are needed."""
    length = 0
    for place in range(MAX_LENGTH_BYTES):
        if at + place >= len(data):
            return 0, 0
        byte = data[at + place]
        length |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return length, at + place + 1
    raise ProtocolError("a length of more than four bytes")


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 2048

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._five = False
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: type and flags, then the length."""
        kind, flags = data[at] >> 4, data[at] & 15
        if (
            not kind
            or (kind != PUBLISH and flags != _FLAGS.get(kind, 0))
            or (kind == PUBLISH and flags & 6 == 6)
        ):
            raise ProtocolError("no packet of MQTT")
        length, behind = _length(data, at + 1)
        return behind - at + length if behind else 0

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter."""
        return self.aligned(side, data)

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        kind, body = data[0] >> 4, Cursor(data, _length(data, 1)[1])
        if self.client < 0 and kind == PUBLISH:
            self.join(side)
        if kind == CONNECT:
            self.client = side
            self._waiting.renew(("connack",), now, side=side, said="connect")
            return (self._connect(side, body, now),)
        if kind == CONNACK:
            self.settled = True
            return (self._connack(side, body, now),)
        if kind == PUBLISH:
            return (self._publish(side, data[0], body, size, now),)
        if kind in {SUBSCRIBE, UNSUBSCRIBE}:
            return (self._subscribe(side, kind, body, now),)
        if kind in {PUBACK, PUBREC, SUBACK, UNSUBACK}:
            return (self._granted(side, kind, body, now),)
        if kind in {DISCONNECT, AUTH}:
            reason = body.u8() if body.left else 0
            return (MqttMessage(time=now, side=side, message=_NAMES[kind], reason=_reason(reason)),)
        return None

    def _connect(self, side: Direction, body: Cursor, now: int) -> Observation:
        name, level = body.prefixed(2), body.u8()
        version = _VERSIONS.get((name, level & 0x7F))
        if version is None:
            raise ProtocolError("no version of MQTT")
        self._five = level == 5
        flags, keep_alive = body.u8(), body.u16()
        self._properties(body)
        client_id, will, user = plain(body.prefixed(2)), "", ""
        if flags & 4:
            self._properties(body)
            will = plain(body.prefixed(2))
            body.prefixed(2)
        if flags & 0x80:
            user = plain(body.prefixed(2))
        return MqttConnect(
            time=now,
            side=side,
            version=version,
            client_id=client_id,
            user=user,
            credentials=bool(flags & 0x40),
            will_topic=will,
            keep_alive=keep_alive,
            clean=bool(flags & 2),
        )

    def _connack(self, side: Direction, body: Cursor, now: int) -> Observation:
        body.u8()
        code = body.u8()
        latency, _ = self._waiting.answer(("connack",), now)
        reason = _reason(code) if self._five else _REFUSALS.get(code, f"code {code}" if code else "")
        return MqttMessage(
            time=now, side=side, message="connack", accepted=not code, reason=reason, latency=latency
        )

    def _publish(self, side: Direction, first: int, body: Cursor, size: int, now: int) -> Observation:
        topic, qos = plain(body.prefixed(2)), first >> 1 & 3
        if qos:
            self._waiting.renew((side, body.u16()), now, topic, side=side, said=f"publish {topic}")
        self._properties(body)
        return MqttMessage(
            time=now,
            side=side,
            message="publish",
            topic=topic,
            qos=qos,
            retain=bool(first & 1),
            duplicate=bool(first & 8),
            payload_bytes=max(0, size - body.at),
        )

    def _subscribe(self, side: Direction, kind: int, body: Cursor, now: int) -> Observation:
        number = body.u16()
        self._properties(body)
        filters: list[str] = []
        qos = None
        while body.left and len(filters) < MAX_FILTERS:
            filters.append(plain(body.prefixed(2)))
            if kind == SUBSCRIBE:
                qos = max(qos or 0, body.u8() & 3)
        first = filters[0] if filters else ""
        self._waiting.renew((side, number), now, first, side=side, said=f"{_NAMES[kind]} {first}")
        more = tuple(filters) if len(filters) > 1 else ()
        return MqttMessage(time=now, side=side, message=_NAMES[kind], topic=first, filters=more, qos=qos)

    def _granted(self, side: Direction, kind: int, body: Cursor, now: int) -> Observation:
        latency, topic = self._waiting.answer((1 - side, body.u16()), now)
        if kind in {SUBACK, UNSUBACK}:
            self._properties(body)
        codes = body.rest()[:MAX_FILTERS]
        worst = max(codes[:1] if kind in {PUBACK, PUBREC} else codes, default=0)
        told: dict[str, Any] = {} if latency is None else {"topic": topic, "latency": latency}
        return MqttMessage(
            time=now,
            side=side,
            message=_NAMES.get(kind, "puback"),
            accepted=worst < 0x80,
            reason=_reason(worst),
            **told,
        )

    def _properties(self, body: Cursor) -> None:
        """MQTT 5 section 2.2.2: passed over."""
        if self._five:
            length, behind = _length(body.data, body.at)
            body.take(behind - body.at + length if behind else body.left + 1)


def _reason(code: int) -> str:
    return _REASONS.get(code, f"reason {code}") if code >= 0x80 else ""
