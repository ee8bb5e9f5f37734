"""Kerberos 5: tickets asked for, given and refused: realm, who, for which service, how encrypted (RFC 4120).

Recognised on any port, over UDP and behind four bytes of length over TCP (section 7.2.2), by one of its own
application tags and version 5 inside. What is encrypted stays so: shown are the names, the kinds of
encryption offered and used, the kinds of pre-authentication, and errors with their meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire._kerberos_names import ENCRYPTION, ERRORS, PREAUTHENTICATION
from procwire.dpi.wire.ber import Cursor, DerError, header, whole
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "kerberos"
REQUESTS = True
PORTS = frozenset({("tcp", 88), ("udp", 88)})
TRANSPORTS = frozenset({"tcp", "udp"})
_MESSAGES = {0x6A: "as-req", 0x6B: "as-rep", 0x6C: "tgs-req", 0x6D: "tgs-rep", 0x7E: "error"}
FIRST = bytes([0, *_MESSAGES])

MAX_MESSAGE = 1 << 17  # over TCP; tickets with many groups have some 64 KiB
MAX_LISTED = 32  # encryption types, and parts of a name
_ASKED = {0x6B: 0x6A, 0x6D: 0x6C}
_HEAD = 24  # bytes in which tag, lengths, version and type stand


class KerberosMessage(Observation, kw_only=True):
    """A ticket that is asked for, given or refused."""

    TABLE = "kerberos"
    RISKS: ClassVar = {"weak": "weak-cryptography"}
    message: Annotated[str, says("as-req, as-rep, tgs-req, tgs-rep or error.")]
    realm: Annotated[str, says("Realm that is asked, or that answers.")] = ""
    client: Annotated[str, says("Who the ticket is for.")] = ""
    service: Annotated[str, says("Service that the ticket is for.")] = ""
    encryption_types: Annotated[tuple[str, ...], says("Kinds of encryption that the client takes.")] = ()
    encryption: Annotated[str, says("Encryption of the answer to the client.")] = ""
    ticket_encryption: Annotated[str, says("Encryption of the ticket, by the service's key.")] = ""
    preauthentication: Annotated[tuple[str, ...], says("Kinds of pre-authentication sent along.")] = ()
    until: Annotated[int | None, says("Until when the ticket is wanted.", kind=Kind.TIME)] = None
    error: Annotated[str, says("Why there is no ticket.")] = ""
    text: Annotated[str, says("What the server says to it.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]

    @property
    def weak(self) -> bool:
        """Whether the answer or the ticket is encrypted with DES or RC4 (RFC 6649, RFC 8429)."""
        return any(kind.startswith(("des", "rc4")) for kind in (self.encryption, self.ticket_encryption))


OBSERVATIONS = (KerberosMessage,)


def _starts(data: bytes | bytearray) -> bool | None:
    """Whether this is the head of a message; None where more is needed."""
    if not data:
        return None
    if data[0] not in _MESSAGES:
        return False
    head = bytes(data[:_HEAD])
    request = data[0] in {0x6A, 0x6C}
    try:
        at = _behind(head, 0)
        if at + 1 > len(head):
            return None
        if head[at] != 0x30:
            return False
        at = _behind(head, at)
        wanted = bytes(
            [0xA1 if request else 0xA0, 3, 2, 1, 5, 0xA2 if request else 0xA1, 3, 2, 1, data[0] & 0x1F]
        )
    except DerError:
        return False
    got = head[at : at + len(wanted)]
    if got != wanted[: len(got)]:
        return False
    return True if len(got) == len(wanted) else None


def _behind(head: bytes, at: int) -> int:
    """Offset behind tag and length, as far as can be seen; beyond the end where it cannot."""
    if at + 2 > len(head):
        return len(head)
    header(head[at:])
    return at + 2 + (head[at + 1] & 0x7F if head[at + 1] & 0x80 else 0)


def measure(data: bytes | bytearray) -> int:
    """Length of the message behind its four bytes of length."""
    if data[0] or (len(data) > 1 and data[1] > MAX_MESSAGE >> 16):
        raise ProtocolError("length makes no sense")
    if len(data) < 5:
        return 0
    size = int.from_bytes(data[:4], "big")
    good = _starts(data[4:])
    if good is False or size < 16 or size > MAX_MESSAGE:
        raise ProtocolError("not a message")
    if good and size != header(data[4 : 4 + _HEAD]):
        raise ProtocolError("lengths do not fit")
    return 4 + size if good else 0


SHAPES = {
    "tcp": Shape(starts=({0: b"\0", 1: bytes(range((MAX_MESSAGE >> 16) + 1)), 4: bytes(_MESSAGES)},)),
    "udp": Shape(starts=({0: bytes(_MESSAGES)},)),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """An application tag, a version and a type that belong together; lengths that fit."""
    if context.transport == "udp":
        try:
            fits = bool(data) and _starts(data) is True and header(data) == len(data)
        except DerError:
            fits = False
        return Claim.YES if fits else Claim.NO
    try:
        return Claim.YES if data and measure(data) else Claim.MORE
    except (ProtocolError, DerError):
        return Claim.NO


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # a risk may come with any answer

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, MAX_MESSAGE)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        data = data[4:] if self.stream else data
        if not _starts(data):
            raise ProtocolError("not a message")
        kind = data[0]
        seen = KerberosMessage(time=now, side=side, message=_MESSAGES[kind], size_bytes=len(data))
        try:
            _READERS[kind](seen, whole(data).into(kind).into(0x30))
        except DerError as error:
            raise ProtocolError(str(error)) from None
        if kind in {0x6A, 0x6C}:
            self._pending.ask((int(side), kind), now, side=side, said=_MESSAGES[kind])
        else:
            for asked in (_ASKED[kind],) if kind in _ASKED else (0x6A, 0x6C):
                latency, _ = self._pending.answer((1 - side, asked), now)
                seen.latency = latency if seen.latency is None else seen.latency
        yield seen


def _fields(body: Cursor) -> dict[int, Cursor]:
    """Context tags and what is in them."""
    found: dict[int, Cursor] = {}
    while body.tag != -1 and len(found) < MAX_LISTED:
        tag, inner = body.next()
        found[tag & 0x1F] = inner
    return found


def _name(field: Cursor | None) -> str:
    """A principal: its parts joined by slashes (section 5.2.2)."""
    if field is None:
        return ""
    inner = field.into(0x30)
    inner.into(0xA0)
    listed = inner.into(0xA1).into(0x30)
    parts: list[str] = []
    while listed.tag != -1 and len(parts) < MAX_LISTED:
        parts.append(plain(listed.next()[1].rest))
    return "/".join(parts)


def _text(field: Cursor | None) -> str:
    return "" if field is None else plain(field.next()[1].rest)


def _time(field: Cursor | None) -> int | None:
    """KerberosTime (section 5.2.3), always UTC, to the second."""
    if field is None:
        return None
    try:
        then = datetime.strptime(_text(field), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(then.timestamp()) * 1_000_000_000


def _encryption(field: Cursor | None) -> str:
    """The kind of an EncryptedData."""
    if field is None:
        return ""
    number = field.into(0x30).into(0xA0).integer()
    return ENCRYPTION.get(number) or str(number)


def _preauthentication(field: Cursor | None) -> tuple[str, ...]:
    if field is None:
        return ()
    listed = field.into(0x30)
    found: list[str] = []
    while listed.tag != -1 and len(found) < MAX_LISTED:
        number = listed.into(0x30).into(0xA1).integer()
        found.append(PREAUTHENTICATION.get(number) or str(number))
    return tuple(found)


def _request(seen: KerberosMessage, body: Cursor) -> None:
    """Section 5.4.1."""
    fields = _fields(body)
    seen.preauthentication = _preauthentication(fields.get(3))
    if 4 not in fields:
        raise DerError("no body")
    inner = _fields(fields[4].into(0x30))
    seen.client, seen.realm = _name(inner.get(1)), _text(inner.get(2))
    seen.service, seen.until = _name(inner.get(3)), _time(inner.get(5))
    if 8 in inner:
        listed = inner[8].into(0x30)
        kinds: list[str] = []
        while listed.tag != -1 and len(kinds) < MAX_LISTED:
            number = listed.integer()
            kinds.append(ENCRYPTION.get(number) or str(number))
        seen.encryption_types = tuple(kinds)


def _answer(seen: KerberosMessage, body: Cursor) -> None:
    """Section 5.4.2; the ticket: section 5.3."""
    fields = _fields(body)
    seen.preauthentication = _preauthentication(fields.get(2))
    seen.realm, seen.client = _text(fields.get(3)), _name(fields.get(4))
    seen.encryption = _encryption(fields.get(6))
    if 5 in fields:
        ticket = _fields(fields[5].into(0x61).into(0x30))
        seen.service, seen.ticket_encryption = _name(ticket.get(2)), _encryption(ticket.get(3))


def _error(seen: KerberosMessage, body: Cursor) -> None:
    """Section 5.9.1."""
    fields = _fields(body)
    number = fields[6].integer() if 6 in fields else 0
    seen.error = ERRORS.get(number) or str(number)
    seen.client, seen.realm = _name(fields.get(8)), _text(fields.get(9))
    seen.service, seen.text = _name(fields.get(10)), _text(fields.get(11))


_READERS = {0x6A: _request, 0x6B: _answer, 0x6C: _request, 0x6D: _answer, 0x7E: _error}
