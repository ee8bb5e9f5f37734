"""AMQP 0-9-1 and 1.0: who connects to which broker, exchanges, queues, links, and why things were closed.

Recognised by the protocol header that the client sends first (AMQP 0-9-1 section 4.2.2, AMQP 1.0 section
2.2), on any port; a session of 0-9-1 that was running already by a method or a heartbeat on its own port.
Contents of messages are passed over; passwords are reported as sent. A header that asks
for TLS is handed on. Properties behind the first few fields of a method are not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import amqp_types
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "amqp"
PORTS = frozenset({("tcp", 5672)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"A\1\x08"

HEADERS = {b"AMQP\0\0\x09\1": "0-9-1", b"AMQP\1\1\0\x09": "0-9", b"AMQP\1\1\x08\0": "0-8",
           b"AMQP\0\1\0\0": "1.0",
           b"AMQP\2\1\0\0": "1.0", b"AMQP\3\1\0\0": "1.0"}  # fmt: skip
TLS_HEADER = b"AMQP\2\1\0\0"
MAX_FRAME = 1 << 30  # bytes
MAX_METHOD = 1 << 17  # bytes of a method in the middle of a session; the usual frame_max
FRAME_END = 0xCE

# Methods of 0-9-1 that are told (class, method): name, and what its first fields are:
# o octet, s short, l long, t short string, T long string, d table, b3 bit 3 of an octet; named ones are kept.
_METHODS: dict[tuple[int, int], tuple[str, str]] = {
    (10, 10): ("connection.start", "o o properties:d"),
    (10, 11): ("connection.start-ok", "properties:d mechanism:t login:T"),
    (10, 30): ("connection.tune", ""),
    (10, 40): ("connection.open", "name:t"),
    (10, 41): ("connection.open-ok", ""),
    (10, 50): ("connection.close", "code:s reason:t"),
    (10, 51): ("connection.close-ok", ""),
    (20, 10): ("channel.open", ""),
    (20, 11): ("channel.open-ok", ""),
    (20, 40): ("channel.close", "code:s reason:t"),
    (40, 10): ("exchange.declare", "s name:t kind:t silent:b4"),
    (40, 11): ("exchange.declare-ok", ""),
    (40, 20): ("exchange.delete", "s name:t"),
    (50, 10): ("queue.declare", "s name:t silent:b4"),
    (50, 11): ("queue.declare-ok", "name:t"),
    (50, 20): ("queue.bind", "s queue:t name:t key:t silent:b0"),
    (50, 21): ("queue.bind-ok", ""),
    (50, 30): ("queue.purge", "s name:t"),
    (50, 40): ("queue.delete", "s name:t"),
    (60, 20): ("basic.consume", "s name:t t silent:b3"),
    (60, 21): ("basic.consume-ok", ""),
    (60, 40): ("basic.publish", "s name:t key:t"),
    (60, 50): ("basic.return", "code:s reason:t name:t key:t"),
    (60, 60): ("basic.deliver", "t l l o name:t key:t"),
    (60, 70): ("basic.get", "s name:t"),
    (60, 71): ("basic.get-ok", "l l o name:t key:t"),
    (60, 72): ("basic.get-empty", ""),
}
_ANSWERS = {"connection.open-ok", "channel.open-ok", "exchange.declare-ok", "queue.declare-ok",
            "queue.bind-ok",
            "basic.consume-ok", "basic.get-ok", "basic.get-empty", "connection.close-ok"}  # fmt: skip
_WANTED = {name.removesuffix("-ok") for name in _ANSWERS} - {
    "basic.get-empty"
}  # of these no answer is missed
_PERFORMATIVES = {0x10: "open", 0x11: "begin", 0x12: "attach", 0x14: "transfer", 0x16: "detach", 0x17: "end",
                  0x18: "close", 0x40: "sasl-mechanisms", 0x41: "sasl-init",
                  0x44: "sasl-outcome"}  # fmt: skip
_OUTCOMES = {0: "ok", 1: "auth", 2: "sys", 3: "sys-perm", 4: "sys-temp"}


class AmqpHello(Observation, kw_only=True):
    """One side named the version it speaks."""

    TABLE = "amqp"
    message: Annotated[str, says("header, or the method or performative.")] = "header"
    version: Annotated[str, says("0-9-1, 1.0, ...")]
    layer: Annotated[str, says("Layer of 1.0 that begins: amqp, sasl or tls.")] = ""


class AmqpMethod(Observation, kw_only=True):
    """A method (0-9-1) or a performative (1.0)."""

    TABLE = "amqp"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("header, or the method or performative.")]
    channel: Annotated[int, says("Channel it was sent on.")]
    name: Annotated[str, says("Exchange, queue, virtual host, container or link that it is about.")] = ""
    key: Annotated[str, says("Routing key of a message, or the address of a link.")] = ""
    queue: Annotated[str, says("Queue that is bound.")] = ""
    kind: Annotated[str, says("Type of an exchange, or role of a link.")] = ""
    product: Annotated[str, says("Program and version, as announced.")] = ""
    host: Annotated[str, says("Host asked for (1.0).")] = ""
    mechanism: Annotated[str, says("How a login proves itself: PLAIN, EXTERNAL, ...")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    code: Annotated[int | None, says("Number of the reason of a close, or of a login's outcome.")] = None
    reason: Annotated[str, says("Why it was closed, in words.")] = ""
    latency: Annotated[int | None, says("From the method this answers.", kind=Kind.DURATION)] = None


OBSERVATIONS = (AmqpHello, AmqpMethod)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """One of the protocol headers; on the port also a frame of 0-9-1 that is known."""
    if data[:1] in {b"\1", b"\x08"}:
        return _claims_running(data, context)
    if data[:8] in HEADERS:
        return Claim.YES
    return Claim.MORE if len(data) < 8 and any(one.startswith(data) for one in HEADERS) else Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    if 5672 not in {context.src_port, context.dst_port}:
        return Claim.NO
    if data[0] == 8:  # a heartbeat
        wanted = b"\x08" + bytes(6) + b"\xce"
        return Claim.YES if data[:8] == wanted else Claim.MORE if wanted.startswith(data) else Claim.NO
    if len(data) < 11:
        return Claim.MORE
    size = int.from_bytes(data[3:7], "big")
    method = (int.from_bytes(data[7:9], "big"), int.from_bytes(data[9:11], "big"))
    return Claim.YES if method in _METHODS and 4 <= size <= MAX_METHOD else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 2048

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._one = False
        self._tls = [False, False]
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: a protocol header or a frame."""
        if data[at] == 0x41 and data[at : at + 4] == b"AMQP"[: len(data) - at]:
            return 8
        if len(data) - at < (4 if self._one else 7):
            return 0
        if self._one:
            size = int.from_bytes(data[at : at + 4], "big")
            if not 8 <= size <= MAX_FRAME:
                raise ProtocolError("no frame of AMQP 1.0")
            return size
        size = int.from_bytes(data[at + 3 : at + 7], "big")
        if data[at] not in {1, 2, 3, 8} or size > MAX_FRAME:
            raise ProtocolError("no frame of AMQP 0-9-1")
        return size + 8

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter."""
        return self.aligned(side, data)

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if size == 8 and data[:4] == b"AMQP":
            return self._header(side, data, now)
        if self.client < 0:
            self.join(side)
        if self._one:
            return self._frame(side, data, now)
        if size <= len(data) and data[-1] != FRAME_END:
            raise ProtocolError("a frame without its end")
        return self._method(side, Cursor(data, 1), now) if data[0] == 1 else None

    def _header(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        version = HEADERS.get(data)
        if version is None:
            raise ProtocolError("no version of AMQP")
        if self.client < 0:
            self.client = side
        self._one = version == "1.0"
        layer = {0: "amqp", 2: "tls", 3: "sasl"}.get(data[4], "") if self._one else ""
        seen = AmqpHello(time=now, side=side, version=version, layer=layer)
        self._tls[side] = layer == "tls"
        return (seen, self.hand_on(side, "tls", now)) if all(self._tls) else (seen,)

    def _method(self, side: Direction, body: Cursor, now: int) -> Iterable[Observation] | None:
        channel = body.u16()
        body.take(4)
        known = _METHODS.get((body.u16(), body.u16()))
        if known is None:
            return None
        name, fields = known
        told = _fields(body, fields)
        silent = told.pop("silent", False)  # no-wait: no answer is wanted (section 1.4.2.4)
        self.settled = self.settled or name == "connection.open"
        latency = None
        if name == "channel.close":  # says so itself, in place of an answer (section 1.5.2.5)
            self._waiting.answer((1 - side, channel), now)
        elif name == "connection.close":
            self._waiting.clear()
        if name in _ANSWERS:
            latency, _ = self._waiting.answer((1 - side, channel), now)
        elif name not in {"basic.publish", "basic.deliver", "basic.return"}:
            said = f"{name} {told.get('name', '')}".rstrip() if name in _WANTED and not silent else ""
            self._waiting.renew((side, channel), now, side=side, said=said)
        return (AmqpMethod(time=now, side=side, message=name, channel=channel, latency=latency, **told),)

    def _frame(self, side: Direction, data: bytes, now: int) -> Iterable[Observation] | None:
        offset, channel = data[4] * 4, int.from_bytes(data[6:8], "big")
        if data[4] < 2 or data[5] > 1 or offset > len(data):
            raise ProtocolError("no frame of AMQP 1.0")
        if offset == len(data):
            return None  # an empty frame keeps the connection alive
        number, values = amqp_types.performative(Cursor(data, offset))
        name = _PERFORMATIVES.get(number)
        if name is None:
            return None
        self.settled = self.settled or name == "open"
        told = _told(name, values)
        return (AmqpMethod(time=now, side=side, message=name, channel=channel, **told),)


def _fields(body: Cursor, fields: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in fields.split():
        name, _, kind = field.rpartition(":")
        value: Any
        if kind in "osl":
            value = body.number({"o": 1, "s": 2, "l": 4}[kind])
        elif kind[0] == "b":
            value = bool(body.u8() >> int(kind[1:]) & 1)
        elif kind == "t":
            value = plain(body.prefixed(1))
        else:
            size = body.u32()
            value = body.take(min(size, body.left))
        if name:
            told[name] = value
    table, login = told.pop("properties", None), told.pop("login", None)
    if table is not None:
        words = amqp_types.table(table)
        told["product"] = " ".join(filter(None, (words.get("product", ""), words.get("version", ""))))
    if login is not None:
        told["user"], told["credentials"] = _login(told["mechanism"], login)
    return told


def _login(mechanism: str, login: bytes) -> tuple[str, bool]:
    parts = login.split(b"\0")
    if mechanism == "PLAIN" and len(parts) == 3:
        return plain(parts[1]), True
    return "", mechanism == "AMQPLAIN"


def _told(name: str, values: list[Any]) -> dict[str, Any]:
    """What the fields of a performative say (AMQP 1.0 sections 2.7 and 5.3.3)."""
    words = [value if isinstance(value, str) else "" for value in values] + [""] * 8
    told: dict[str, Any] = {}
    if name == "open":
        told = {"name": words[0], "host": words[1]}
    elif name == "attach":
        receiver = len(values) > 2 and values[2] is True
        place = 5 if receiver else 6  # the source, or the target
        address = values[place] if len(values) > place else None
        first = address[0] if isinstance(address, list) and address else ""
        key = first if isinstance(first, str) else ""
        told = {"name": words[0], "kind": "receiver" if receiver else "sender", "key": key}
    elif name == "sasl-init":
        told["mechanism"] = words[0]
        response = values[1] if len(values) > 1 and isinstance(values[1], bytes) else b""
        told["user"], told["credentials"] = _login(words[0], response)
    elif name == "sasl-mechanisms":
        told["mechanism"] = words[0]
    elif name == "sasl-outcome" and values and isinstance(values[0], int):
        told = {"code": values[0], "reason": _OUTCOMES.get(values[0], "")}
    elif name in {"detach", "end", "close"}:
        error = next((value for value in values if isinstance(value, list)), [])
        told["reason"] = ": ".join(one for one in error[:2] if isinstance(one, str))
    return told
