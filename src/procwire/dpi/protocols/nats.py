"""NATS: the server's name and version, who connects, subjects published and subscribed to, errors.

Recognised by the server's INFO or the client's CONNECT, each with its JSON (docs.nats.io, "Client Protocol"),
on any port; a session that was running already by a line on its own port.
Payloads are passed over; passwords and tokens are reported as sent. Where the
server asks for TLS and the client goes on with it, the stream is handed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import msgspec

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import bounded, plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "nats"
PORTS = frozenset({("tcp", 4222)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"ICicPMHS+"

MAX_LINE = 8192  # bytes: INFO lists the servers of a cluster; other lines are far shorter
MAX_PAYLOAD = 64 << 20  # bytes; the server's own ceiling of max_payload

_OPENINGS = (b"INFO {", b"CONNECT {")
MAX_SUBJECT = 512  # bytes of a line that a running session is recognised by
_RUNNING = lazy(rb"(?:(?:PUB|HPUB|MSG|HMSG|SUB) [!-~]{1,255}(?: [!-~]{1,255}){0,4}|PING|PONG|\+OK)\r\n")
_CARRIERS = frozenset({b"PUB", b"HPUB", b"MSG", b"HMSG"})  # the payload's length comes last
_OPERATIONS = frozenset({b"INFO", b"CONNECT", b"PUB", b"HPUB", b"SUB", b"UNSUB", b"MSG", b"HMSG", b"PING",
                         b"PONG",
                         b"+OK", b"-ERR"})  # fmt: skip


class NatsInfo(Observation, kw_only=True):
    """A server named itself."""

    TABLE = "nats"
    message: Annotated[str, says("info, connect, publish, subscribe, message or error.")] = "info"
    server_id: Annotated[str, says("The server's id.")] = ""
    server_name: Annotated[str, says("The server's name.")] = ""
    version: Annotated[str, says("The server's version.")] = ""
    cluster: Annotated[str, says("Its cluster.")] = ""
    tls_required: Annotated[bool, says("Whether the client must go on with TLS.")] = False
    auth_required: Annotated[bool, says("Whether the client must log in.")] = False


class NatsConnect(Observation, kw_only=True):
    """A client named itself."""

    TABLE = "nats"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("info, connect, publish, subscribe, message or error.")] = "connect"
    name: Annotated[str, says("Name that the client gave itself.")] = ""
    library: Annotated[str, says("Client library and version.")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password or token was sent in clear; it is not kept.")] = (
        False
    )


class NatsMessage(Observation, kw_only=True):
    """A message, a subscription or an error."""

    TABLE = "nats"
    message: Annotated[str, says("info, connect, publish, subscribe, message or error.")]
    subject: Annotated[str, says("Subject.")] = ""
    reply_to: Annotated[str, says("Subject that an answer is wanted on.")] = ""
    queue: Annotated[str, says("Queue group of a subscription.")] = ""
    payload_bytes: Annotated[int | None, says("Length of the message; it is not read.", kind=Kind.SIZE)] = (
        None
    )
    error: Annotated[str, says("The server's error.")] = ""
    latency: Annotated[
        int | None, says("From the message that this answers, on its reply subject.", kind=Kind.DURATION)
    ] = None


OBSERVATIONS = (NatsInfo, NatsConnect, NatsMessage)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """``INFO {"`` with a key of its own, or ``CONNECT {"``."""
    if data[:1] in {b"P", b"M", b"H", b"S", b"+"}:
        return _claims_running(data, context)
    head = data[:9].upper()
    if not any(head.startswith(one) or one.startswith(head) for one in _OPENINGS):
        return Claim.NO
    end = data.find(b"\r\n")
    line = data[: end if end >= 0 else MAX_LINE]
    keys = (
        (b'"server_id"', b'"max_payload"') if head[:1] == b"I" else (b'"verbose"', b'"pedantic"', b'"lang"')
    )
    if any(key in line for key in keys):
        return Claim.YES
    return Claim.MORE if end < 0 and len(data) < MAX_LINE else Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    """A whole line in the middle of a session, on the port."""
    if 4222 not in {context.src_port, context.dst_port}:
        return Claim.NO
    if _RUNNING.match(data):
        return Claim.YES
    return Claim.MORE if b"\n" not in data and len(data) < MAX_SUBJECT else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = MAX_LINE

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._tls = False
        self._waiting = self.paired(Pending())  # reply subjects: who asked in this connection, who was asked

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter: a line, with its payload."""
        if self._tls and side == self.client and data[at] == 0x16:
            return 1
        end = data.find(b"\r\n", at, at + MAX_LINE)
        if end < 0:
            if len(data) - at >= MAX_LINE:
                raise ProtocolError("a line without end")
            return 0
        size = end + 2 - at
        word = data[at : min(end, at + 8)].split(b" ", 1)[0].split(b"\t", 1)[0].upper()
        if word not in _OPERATIONS:
            raise ProtocolError("no operation of NATS")
        if word not in _CARRIERS:
            return size
        last = data[at:end].split()[-1]
        if not last.isdigit() or len(last) > 9 or int(last) > MAX_PAYLOAD:
            raise ProtocolError("a payload of no sane length")
        return size + int(last) + 2

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if data[0] == 0x16:
            upgraded = self.hand_on(side, "tls", now)
            return (upgraded,)
        line = data.split(b"\r\n", 1)[0]
        word, _, rest = line.partition(b" ")
        word, words = word.upper(), rest.split()
        if self.client < 0 and word not in {b"INFO", b"CONNECT"}:
            self.join(side if word in {b"PUB", b"HPUB", b"SUB"} else Direction(1 - side))
            self.lanes[side].lost = False
        if word == b"INFO":
            self.client = 1 - side
            return (self._info(side, _json(rest), now),)
        if word == b"CONNECT":
            self.client, self.settled = side, True
            return (_connect(side, _json(rest), now),)
        return self._other(side, word, words, now)

    def remainder(self, side: Direction) -> bytes:
        """See contract: the first byte of TLS told that it is TLS."""
        rest = super().remainder(side)
        return b"\x16" + rest if self._tls and side == self.client and self._rest is not None else rest

    def _info(self, side: Direction, told: dict[str, Any], now: int) -> Observation:
        self._tls = bool(told.get("tls_required") or told.get("tls_available"))
        return NatsInfo(
            time=now,
            side=side,
            server_id=_word(told.get("server_id")),
            server_name=_word(told.get("server_name")),
            version=_word(told.get("version")),
            cluster=_word(told.get("cluster")),
            tls_required=bool(told.get("tls_required")),
            auth_required=bool(told.get("auth_required")),
        )

    def _other(
        self, side: Direction, word: bytes, words: list[bytes], now: int
    ) -> Iterable[Observation] | None:
        told: dict[str, Any] = {}
        if word in {b"PUB", b"HPUB"} and len(words) >= 2:
            middle = words[1:-1] if word == b"PUB" else words[1:-2]
            told = {"message": "publish", "payload_bytes": int(words[-1])}
        elif word in {b"MSG", b"HMSG"} and len(words) >= 3:
            middle = words[2:-1] if word == b"MSG" else words[2:-2]
            told = {"message": "message", "payload_bytes": int(words[-1])}
        elif word == b"SUB" and len(words) >= 2:
            middle = []
            told = {"message": "subscribe", "queue": plain(words[1]) if len(words) > 2 else ""}
        elif word == b"-ERR":
            text = plain(b" ".join(words)).strip("'")
            return (NatsMessage(time=now, side=side, message="error", error=text),)
        else:
            return None
        reply, subject = plain(middle[0]) if middle else "", plain(words[0])
        if "payload_bytes" in told:
            told["latency"], _ = self._waiting.answer((1 - side, subject), now)
        if reply:
            self._waiting.ask((side, reply), now)
        return (NatsMessage(time=now, side=side, subject=subject, reply_to=reply, **told),)


def _json(text: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("no JSON") from None
    if not isinstance(told, dict):
        raise ProtocolError("no JSON object")
    return told


def _word(value: Any) -> str:
    return bounded(value) if isinstance(value, str) else ""


def _connect(side: Direction, told: dict[str, Any], now: int) -> Observation:
    return NatsConnect(
        time=now,
        side=side,
        name=_word(told.get("name")),
        library=" ".join(filter(None, (_word(told.get("lang")), _word(told.get("version"))))),
        user=_word(told.get("user")),
        credentials=any(told.get(key) for key in ("pass", "auth_token")),
    )
