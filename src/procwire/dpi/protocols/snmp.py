"""SNMP v1, v2c and v3: what is asked of and told by managed devices (RFC 1157, RFC 3416, RFC 3412).

Recognised on any port by a sequence that fills the datagram, one of the three version numbers, and the
message's own structure behind it. Community strings are passwords: that one was sent is shown, never the
string. Of encrypted messages (v3) the engine, the user and the level of security are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.ber import Cursor, DerError, header, whole
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "snmp"
REQUESTS = True
PORTS = frozenset({("udp", 161), ("udp", 162)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\x30"

MAX_VARIABLES = 64  # of one message
MAX_VALUE = 128  # characters of one value
_VERSIONS = {0: "1", 1: "2c", 3: "3"}
_PDUS = {0xA0: "get", 0xA1: "get-next", 0xA2: "response", 0xA3: "set", 0xA4: "trap", 0xA5: "get-bulk",
         0xA6: "inform", 0xA7: "trap", 0xA8: "report"}  # fmt: skip
_TRAP_V1 = 0xA4
_ANSWERS = frozenset({0xA2, 0xA8})
# RFC 3416 section 3.
_ERRORS = ("", "too-big", "no-such-name", "bad-value", "read-only", "general-error", "no-access",
           "wrong-type", "wrong-length", "wrong-encoding", "wrong-value", "no-creation",
           "inconsistent-value", "resource-unavailable", "commit-failed", "undo-failed",
           "authorization-error", "not-writable", "inconsistent-name")  # fmt: skip
_MISSING = {0x80: "no-such-object", 0x81: "no-such-instance", 0x82: "end-of-view"}
_GENERIC = ("cold-start", "warm-start", "link-down", "link-up", "authentication-failure",
            "neighbour-loss", "enterprise-specific")  # fmt: skip
_LEVELS = ("none", "authenticated", "", "encrypted")  # RFC 3412 section 6.4; bit 1 alone is not allowed


class SnmpMessage(Observation, kw_only=True):
    """A request, an answer, or a notification."""

    TABLE = "snmp"
    RISKS: ClassVar = {"credentials": "cleartext-credentials", "obsolete": "obsolete-protocol"}
    version: Annotated[str, says("1, 2c or 3.")]
    message: Annotated[str, says("get, get-next, get-bulk, set, response, trap, inform, report, encrypted.")]
    ident: Annotated[int | None, says("Request id.")] = None
    credentials: Annotated[bool, says("Whether a community string was sent in clear.")] = False
    user: Annotated[str, says("User of version 3.")] = ""
    security: Annotated[str, says("Security of version 3: none, authenticated or encrypted.")] = ""
    engine: Annotated[str, says("Engine that the message belongs to, in hex (version 3).")] = ""
    context: Annotated[str, says("Context that is asked (version 3).")] = ""
    variables: Annotated[tuple[str, ...], says("Object identifiers asked for or told.")] = ()
    values: Annotated[tuple[str, ...], says("What they are told to be: identifier = value.")] = ()
    error: Annotated[str, says("Error that the device answered, with the number of the variable.")] = ""
    trap: Annotated[str, says("Kind of a notification, with its enterprise and sender.")] = ""
    repetitions: Annotated[int | None, says("Most rows asked for at once (get-bulk).")] = None
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None
    retransmitted: Annotated[bool, says("Whether the same request was sent before and not answered.")] = False

    @property
    def obsolete(self) -> bool:
        """Versions 1 and 2c are historic (RFC 3410 section 8)."""
        return self.version in {"1", "2c"}


OBSERVATIONS = (SnmpMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """One sequence up to the last byte, a version, and what belongs behind it."""
    try:
        if header(data) != len(data):
            return Claim.NO
        message = whole(data).into(0x30)
        version = message.integer()
        if version == 3:
            good = len(_security(message)) == 5
        else:
            message.octets()
            kind, inner = message.next()
            good = version in {0, 1} and kind in _PDUS and message.tag == -1
            good = good and inner.tag == (6 if kind == _TRAP_V1 else 2)
    except DerError:
        return Claim.NO
    return Claim.YES if good else Claim.NO


def _security(message: Cursor) -> tuple[int, int, str, bytes, Cursor]:
    """(message id, flags, engine, user, what is left) of version 3 (RFC 3412 section 6, RFC 3414 2.4)."""
    head = message.into(0x30)
    ident, _, flags, model = head.integer(), head.integer(), head.octets(), head.integer()
    parameters = message.octets()
    if len(flags) != 1 or flags[0] & 3 == 2 or not 0 < model < 1 << 31:
        raise DerError("flags or security model make no sense")
    if model != 3:
        return ident, flags[0], "", b"", message
    user = whole(parameters).into(0x30)
    engine = user.octets()
    user.integer()
    user.integer()
    return ident, flags[0], engine.hex(), user.octets(), message


class Parser(DatagramParser):
    """See contract.Parser."""

    PATIENT = True  # a risk may come with any message

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        seen = SnmpMessage(time=now, side=side, version="", message="encrypted")
        try:
            kind = self._message(seen, whole(data).into(0x30))
        except DerError as error:
            raise ProtocolError(str(error)) from None
        if kind in _ANSWERS:
            seen.latency, _ = self._pending.answer((1 - side, seen.ident), now)
        elif kind not in {_TRAP_V1, 0xA7} and seen.ident is not None:
            said = " ".join((seen.message, *seen.variables[:1]))
            seen.retransmitted = self._pending.ask((int(side), seen.ident), now, side=side, said=said)
        yield seen

    def _message(self, seen: SnmpMessage, message: Cursor) -> int:
        """Fill in all that can be read; returns the tag of the PDU, or of one like it."""
        version = message.integer()
        if version not in _VERSIONS:
            raise DerError("unknown version")
        seen.version = _VERSIONS[version]
        if version == 3:
            ident, flags, seen.engine, user, message = _security(message)
            seen.user, seen.security = plain(user), _LEVELS[flags & 3]
            seen.ident = ident
            if message.tag == 4:  # what expects an answer is reportable (RFC 3412 section 6.4)
                return 0xA0 if flags & 4 else 0xA2
            message = message.into(0x30)
            message.octets()
            seen.context = plain(message.octets())
        else:
            seen.credentials = bool(message.octets())
        kind, pdu = message.next()
        if kind not in _PDUS:
            raise DerError("unknown PDU")
        seen.message = _PDUS[kind]
        if kind == _TRAP_V1:
            _trap(seen, pdu)
        else:
            _head(seen, kind, pdu)
        _variables(seen, pdu)
        if version == 3:
            seen.ident = ident  # the message's own: pairs also what is encrypted
        return kind


def _head(seen: SnmpMessage, kind: int, pdu: Cursor) -> None:
    seen.ident = pdu.integer()
    status, index = pdu.integer(), pdu.integer()
    if kind == 0xA5:
        seen.repetitions = index
    elif 0 < status < len(_ERRORS):
        seen.error = f"{_ERRORS[status]} {index}"


def _trap(seen: SnmpMessage, pdu: Cursor) -> None:
    """RFC 1157 section 4.1.6."""
    enterprise = pdu.into(6).oid
    sender = ".".join(map(str, pdu.octets(0x40)))
    generic, specific = pdu.integer(), pdu.integer()
    pdu.integer(0x43)
    kind = _GENERIC[generic] if 0 <= generic < len(_GENERIC) else str(generic)
    seen.trap = (
        f"{kind} {enterprise}.{specific} {sender}" if generic == 6 else f"{kind} {enterprise} {sender}"
    )


def _variables(seen: SnmpMessage, pdu: Cursor) -> None:
    listed = pdu.into(0x30)
    names: list[str] = []
    values: list[str] = []
    while listed.tag != -1 and len(names) < MAX_VARIABLES:
        pair = listed.into(0x30)
        name = pair.into(6).oid
        kind, inner = pair.next()
        names.append(name)
        if kind != 5:  # a request leaves the value empty
            values.append(f"{name} = {_value(kind, inner)}")
    seen.variables, seen.values = tuple(names), tuple(values)


def _value(kind: int, inner: Cursor) -> str:
    """One value as text (RFC 2578 section 7.1)."""
    raw = inner.rest
    if kind in _MISSING:
        return _MISSING[kind]
    if kind == 6:
        return inner.oid
    if kind == 2:
        return str(inner.number)
    if kind in {0x41, 0x42, 0x43, 0x46}:
        return str(int.from_bytes(raw[:MAX_VALUE], "big") if len(raw) <= 9 else raw[:MAX_VALUE].hex())
    if kind == 0x40 and len(raw) == 4:
        return ".".join(map(str, raw))
    text = raw.rstrip(b"\0").decode("utf-8", "replace")
    return plain(raw.rstrip(b"\0"), MAX_VALUE) if text.isprintable() else "0x" + raw[:MAX_VALUE].hex()
