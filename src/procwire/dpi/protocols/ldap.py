"""LDAP v3: binds, searches and changes in a directory, each with its result (RFC 4511); CLDAP over UDP.

Recognised on any port by a sequence with a message id and one of the protocol's own operations, whose length
fits. Passwords are never kept: a bind shows its name, its method, and whether a password was sent in clear.
Entries found are counted in the search's result. STARTTLS hands on to TLS; what a SASL layer protects after
a bind is passed over unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire._ldap_names import OPERATIONS, RESULTS, START_TLS, response_of
from procwire.dpi.wire.ber import Cursor, DerError, header
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.ldap_filter import written
from procwire.dpi.wire.ntlm import find
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "ldap"
REQUESTS = True
PORTS = frozenset({("tcp", 389), ("udp", 389), ("tcp", 3268)})
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = b"\x30"

MAX_MESSAGE = 1 << 28  # a longer one is taken for something else
MAX_ID = (1 << 31) - 1  # section 4.1.1.1
KEEP = 8192
MAX_ATTRIBUTES = 64  # of one request that are shown
_SCOPES = ("base", "one", "subtree", "subordinates")
_BIND, _BOUND, _UNBIND, _SEARCH, _ENTRY, _DONE = 0x60, 0x61, 0x42, 0x63, 0x64, 0x65
_REFERENCE, _EXTENDED, _EXTENDED_DONE, _INTERMEDIATE = 0x73, 0x77, 0x78, 0x79
_ADD, _MODIFY, _DELETE, _RENAME, _COMPARE, _ABANDON = 0x68, 0x66, 0x4A, 0x6C, 0x6E, 0x50


class LdapMessage(Observation, kw_only=True):
    """A request to the directory, or its result."""

    TABLE = "ldap"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("bind, search, modify, add, ... and the same with -result.")]
    ident: Annotated[int, says("Message id.")]
    name: Annotated[
        str,
        says("Entry that is meant: who binds, where a search begins, what is changed."),
    ] = ""
    method: Annotated[str, says("How a bind proves who it is: simple, anonymous or a SASL mechanism.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear.")] = False
    version: Annotated[int | None, says("Version that a bind asks for.")] = None
    scope: Annotated[str, says("How deep a search goes: base, one or subtree.")] = ""
    filter: Annotated[str, says("What a search looks for.")] = ""
    attributes: Annotated[tuple[str, ...], says("Attributes asked for or changed.")] = ()
    operation: Annotated[str, says("Object identifier of an extended operation.")] = ""
    result: Annotated[str, says("Result: success, invalid-credentials, ...")] = ""
    text: Annotated[str, says("What the server says to it.")] = ""
    entries: Annotated[int | None, says("Entries that a search found.")] = None
    latency: Annotated[int | None, says("From the request to this result.", kind=Kind.DURATION)] = None


OBSERVATIONS = (LdapMessage,)


def measure(data: bytes | bytearray) -> int:
    """Length of the message, judged by as much of its head as is there."""
    try:
        size = header(data)
        if size > MAX_MESSAGE or data[0] != 0x30:
            raise ProtocolError("not a message")
        found = _head(bytes(data[:24])) if size else 0
    except DerError as error:
        raise ProtocolError(str(error)) from None
    if size and found and found > size:
        raise ProtocolError("operation is longer than its message")
    return size if found else 0


def _head(data: bytes) -> int:
    """Where the operation ends, by its own length; 0 where more bytes are needed. Raises DerError."""
    at = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    if len(data) < at + 2:
        return 0
    if data[at] != 2 or not 1 <= data[at + 1] <= 4:
        raise DerError("no message id")
    behind = at + 2 + data[at + 1]
    if len(data) <= behind:
        return 0
    if data[behind] not in OPERATIONS:
        raise DerError("no operation")
    size = header(data[behind:])
    return behind + size if size else 0


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A message id and an operation whose lengths fit, of a stream or of a whole datagram."""
    try:
        size = measure(data) if data else 0
    except ProtocolError:
        return Claim.NO
    if context.transport == "udp":
        return Claim.YES if size and size == len(data) else Claim.NO
    return Claim.YES if size else Claim.MORE


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # STARTTLS or a password may come later

    def __init__(self, context: Context) -> None:
        super().__init__(context, self._sized, KEEP)
        self._pending = self.paired(Pending())
        self._sealed = False

    def _sized(self, data: bytes) -> int:
        if self._sealed and not data[0]:  # RFC 4422 section 3.7: four bytes of length, then what is sealed
            return 4 + int.from_bytes(data[:4], "big") if len(data) >= 4 else 0
        return measure(data)

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if not data[0]:
            return
        try:
            message = Cursor(data, data[1] & 0x7F if data[1] & 0x80 else 0, len(data))
            message.at += 2
            ident = message.integer()
            kind = message.tag
            operation = _inside(message)
            if kind not in OPERATIONS or not 0 <= ident <= MAX_ID:
                raise DerError("unknown operation")
        except DerError as error:
            raise ProtocolError(str(error)) from None
        yield from self._operation(LdapMessage(time=now, side=side, message=OPERATIONS[kind], ident=ident),
                                   kind, operation)  # fmt: skip

    def _operation(self, seen: LdapMessage, kind: int, operation: Cursor) -> Iterator[Observation]:
        if kind in {_ENTRY, _REFERENCE, _INTERMEDIATE}:
            note = self._pending.peek((1 - seen.side, seen.ident))
            if note is not None:
                note[0] += kind == _ENTRY
            return
        try:
            _READERS.get(kind, _result)(seen, operation)
        except DerError:
            if not self.stream or self.size <= len(operation.data):  # else it was cut here
                raise ProtocolError("malformed operation") from None
        asked = response_of(kind)
        if asked is not None:
            yield from self._answered(seen, kind, asked)
            return
        if kind not in {_UNBIND, _ABANDON}:
            said = f"{seen.message} {seen.name}".strip()
            self._pending.ask((int(seen.side), seen.ident), seen.time, [0, seen], side=seen.side, said=said)
        yield seen

    def _answered(self, seen: LdapMessage, kind: int, asked: int) -> Iterator[Observation]:  # noqa: ARG002
        seen.latency, note = self._pending.answer((1 - seen.side, seen.ident), seen.time)
        if note is not None and kind == _DONE:
            seen.entries = note[0]
        request: Any = note[1] if note is not None else None
        yield seen
        if request is None or seen.result != "success":
            return
        if kind == _BOUND and request.method not in {"simple", "anonymous"}:
            self._sealed = True
        if kind == _EXTENDED_DONE and request.operation == START_TLS and self.stream:
            yield self.hand_on(seen.side, "tls", seen.time)


def _inside(message: Cursor) -> Cursor:
    """The operation, or as much of it as was kept."""
    start = message.at
    size = header(message.data[start : start + 6])
    length = message.data[start + 1]
    return Cursor(message.data, start + 2 + (length & 0x7F if length & 0x80 else 0),
                  min(start + size, message.end))  # fmt: skip


def _bind(seen: LdapMessage, operation: Cursor) -> None:
    seen.version = operation.integer()
    seen.name = plain(operation.octets())
    kind, inner = operation.next()
    if kind == 0x80:
        seen.credentials = bool(inner.rest)
        seen.method = "simple" if inner.rest else "anonymous"
    elif kind == 0xA3:
        seen.method = plain(inner.octets())
        seen.credentials = seen.method == "PLAIN"
        proof = find(inner.octets()) if inner.tag == 4 else None
        if proof is not None and proof.user:
            seen.name = f"{proof.domain}\\{proof.user}"
    else:
        seen.method = "ntlm" if 0x89 <= kind <= 0x8B else f"{kind:#04x}"  # [MS-ADTS] 5.1.1.1.3


def _search(seen: LdapMessage, operation: Cursor) -> None:
    seen.name = plain(operation.octets())
    scope = operation.integer(10)
    seen.scope = _SCOPES[scope] if 0 <= scope < len(_SCOPES) else str(scope)
    for tag in (10, 2, 2, 1):  # aliases, size limit, time limit, types only
        operation.into(tag)
    kind, inner = operation.next()
    seen.filter = written(kind, inner)
    listed = operation.into(0x30)
    names: list[str] = []
    while listed.tag != -1 and len(names) < MAX_ATTRIBUTES:
        names.append(plain(listed.octets()))
    seen.attributes = tuple(names)


def _modify(seen: LdapMessage, operation: Cursor) -> None:
    seen.name = plain(operation.octets())
    changes = operation.into(0x30)
    names: list[str] = []
    while changes.tag != -1 and len(names) < MAX_ATTRIBUTES:
        change = changes.into(0x30)
        change.integer(10)
        names.append(plain(change.into(0x30).octets()))
    seen.attributes = tuple(names)


def _add(seen: LdapMessage, operation: Cursor) -> None:
    seen.name = plain(operation.octets())
    listed = operation.into(0x30)
    names: list[str] = []
    while listed.tag != -1 and len(names) < MAX_ATTRIBUTES:
        names.append(plain(listed.into(0x30).octets()))
    seen.attributes = tuple(names)


def _named(seen: LdapMessage, operation: Cursor) -> None:
    seen.name = plain(operation.octets())


def _delete(seen: LdapMessage, operation: Cursor) -> None:
    seen.name = plain(operation.rest)


def _extended(seen: LdapMessage, operation: Cursor) -> None:
    seen.operation = plain(operation.octets(0x80))


def _nothing(seen: LdapMessage, operation: Cursor) -> None:
    """Unbind and abandon say no more."""


def _result(seen: LdapMessage, operation: Cursor) -> None:
    code = operation.integer(10)
    seen.result = RESULTS.get(code) or str(code)
    seen.name = plain(operation.octets())
    seen.text = plain(operation.octets())


_READERS = {
    _BIND: _bind, _SEARCH: _search, _MODIFY: _modify, _ADD: _add, _DELETE: _delete, _RENAME: _named,
    _COMPARE: _named, _EXTENDED: _extended, _UNBIND: _nothing, _ABANDON: _nothing,
}  # fmt: skip
