# cython: language_level=3
"""DNS over UDP and TCP: every question and answer, and how long the answer took (RFC 1035, RFC 6891).

Recognised by a header that makes sense (opcode, counts, no reserved bit) and a question that can be read, on
any port but those of mDNS, LLMNR and NetBIOS names, which are protocols of their own. A response is matched
to its query by id and question; its latency counts from the first time the query was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import cython

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.dns_claim import claims_datagram, claims_stream, sane_flags
from procwire.dpi.wire.dns_message import HEADER_BYTES, MessageError, parse
from procwire.dpi.wire.dns_names import OPCODES, RCODES, class_name, type_name
from procwire.dpi.wire.dns_rdata import edns_options, hints, rdata, services
from procwire.dpi.wire.dns_shape import LONG_LABEL, QUERY_RISKS, RANDOM_NAME, DnsShape, TunnelCount
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.dns_message import Message
else:
    from procwire.dpi.wire.dns_message import Message

NAME = "dns"
REQUESTS = True  # every datagram is of interest, also of a long conversation
PORTS = frozenset({("udp", 53), ("tcp", 53)})
TRANSPORTS = frozenset({"udp", "tcp"})
FIRST = None

MAX_PENDING = 1024  # queries without an answer so far, a flow
MAX_LISTED = 128  # records shown of one section

_OTHERS = frozenset({5353, 5355, 137})
_BITS = ((0x0400, "aa"), (0x0200, "tc"), (0x0100, "rd"), (0x0080, "ra"), (0x0020, "ad"), (0x0010, "cd"))
_MIN_TCP = 2 + HEADER_BYTES + 5


class DnsQuery(Observation, kw_only=True):
    """A question to a name server."""

    TABLE = "dns"
    RISKS = QUERY_RISKS
    long_label, random_name = LONG_LABEL, RANDOM_NAME
    message: Annotated[str, says("query, response or unanswered.")] = "query"
    ident: Annotated[int, says("Transaction id.")]
    opcode: Annotated[str, says("Kind of query: query, notify, update, ...")]
    query: Annotated[str, says("Name asked for, of the first question.")]
    query_type: Annotated[str, says("Record type asked for, of the first question.")]
    query_class: Annotated[str, says("Class asked for, of the first question.")]
    questions: Annotated[tuple[str, ...], says("Every question, where there is more than one.")] = ()
    flags: Annotated[tuple[str, ...], says("Header flags and the EDNS do flag that are set.")] = ()
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]
    udp_size: Annotated[int | None, says("Largest answer the asker takes (EDNS).", kind=Kind.SIZE)] = None
    client_subnet: Annotated[str, says("Client network that was told to the server (EDNS).")] = ""
    cookie: Annotated[str, says("DNS cookie, in hex (EDNS).")] = ""
    records: Annotated[tuple[str, ...], says("Records sent with an update or notify.")] = ()
    retransmitted: Annotated[bool, says("Whether the same query was sent before and not answered.")] = False
    tunnel_record: Annotated[bool, says("It asks for a type of record that tunnels use.")] = False
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


class DnsResponse(Observation, kw_only=True):
    """An answer of a name server."""

    TABLE = "dns"
    RISKS = {"faults": "malformed-message"}  # noqa: RUF012
    message: Annotated[str, says("query, response or unanswered.")] = "response"
    ident: Annotated[int, says("Transaction id.")]
    opcode: Annotated[str, says("Kind of query: query, notify, update, ...")]
    query: Annotated[str, says("Name asked for, of the first question.")]
    query_type: Annotated[str, says("Record type asked for, of the first question.")]
    query_class: Annotated[str, says("Class asked for, of the first question.")]
    questions: Annotated[tuple[str, ...], says("Every question, where there is more than one.")] = ()
    flags: Annotated[tuple[str, ...], says("Header flags and the EDNS do flag that are set.")] = ()
    rcode: Annotated[str, says("Response code, with the extended bits (EDNS).")]
    answers: Annotated[tuple[str, ...], says("Answer records: name, TTL, type, data.")] = ()
    authorities: Annotated[tuple[str, ...], says("Authority records: name, TTL, type, data.")] = ()
    additionals: Annotated[tuple[str, ...], says("Additional records: name, TTL, type, data.")] = ()
    addresses: Annotated[tuple[str, ...], says("Addresses of the asked name, aliases followed.")] = ()
    aliases: Annotated[tuple[str, ...], says("Aliases from the asked name to the addresses (CNAME).")] = ()
    ttl: Annotated[int | None, says("Smallest TTL on the way to the addresses.", unit="s")] = None
    latency: Annotated[int | None, says("From the first query to this answer.", kind=Kind.DURATION)] = None
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]
    udp_size: Annotated[int | None, says("Largest message the server takes (EDNS).", kind=Kind.SIZE)] = None
    client_subnet: Annotated[str, says("Client network that the answer holds for (EDNS).")] = ""
    cookie: Annotated[str, says("DNS cookie, in hex (EDNS).")] = ""
    extended_error: Annotated[str, says("Why it failed, as the server says (EDNS).")] = ""
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


class DnsUnanswered(Observation, kw_only=True):
    """A query that no answer was seen to."""

    TABLE = "dns"
    message: Annotated[str, says("query, response or unanswered.")] = "unanswered"
    ident: Annotated[int, says("Transaction id.")]
    query: Annotated[str, says("Name asked for, of the first question.")]
    query_type: Annotated[str, says("Record type asked for, of the first question.")]
    waited: Annotated[int, says("From the first query to the end of the flow.", kind=Kind.DURATION)]
    attempts: Annotated[int, says("How often it was sent.")]


OBSERVATIONS = (DnsQuery, DnsResponse, DnsUnanswered)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Header and questions must make sense; over TCP behind a length."""
    if context.transport == "tcp":
        return claims_stream(data)
    ports = {context.src_port, context.dst_port}
    if ports & _OTHERS and 53 not in ports:
        return Claim.NO
    return claims_datagram(data)


@cython.cclass
class Parser:
    """See contract.Parser."""

    _stream: cython.bint
    _held: list[Any]
    _lost: list[Any]
    _pending: dict[Any, Any]
    _context: Any
    _broken: Any
    _told: cython.bint
    _named: cython.bint
    _done: cython.bint
    _tunnel: Any

    def __init__(self, context: Context) -> None:
        self._tunnel = TunnelCount()
        self._stream = context.transport == "tcp"
        self._held, self._lost, self._pending = [b"", b""], [False, False], {}
        self._context, self._broken = context, None
        self._told, self._named, self._done = context.told, context.named, False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if not self._stream:
            return (self._message(side, data, now),)
        if self._broken is not None:
            raise self._broken
        out: list[Observation] = []
        try:
            self._messages(side, data, now, out)
        except ProtocolError as error:
            self._broken = error
            if not out:
                raise
        return out

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """The next message is looked for at the start of a segment."""
        self._held[side] = b""
        self._lost[side] = True
        return ()

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser: everything is read, but where it is DNS and that is enough."""
        return ENOUGH if self._done else 0

    def finish(self, now: int) -> Iterable[Observation]:
        """The queries that no answer was seen to."""
        left = self._pending
        self._pending = {}
        if not self._told:
            return ()
        return [
            DnsUnanswered(
                time=now,
                side=key[0],
                ident=key[1],
                query=key[2],
                query_type=type_name(key[3]),
                waited=max(0, now - since),
                attempts=attempts,
            )
            for key, (since, attempts) in left.items()
        ]

    @cython.cfunc
    def _messages(self, side: Direction, data: bytes, now: cython.longlong, out: list[Any]) -> Any:
        """RFC 7766 section 8: messages behind two bytes of length, in any segments."""
        held: bytes = self._held[side]
        if held:
            data = held + data
            self._held[side] = b""
        if self._lost[side]:
            if claims(data, side, self._context) is Claim.NO:
                return None
            self._lost[side] = False
        at: cython.Py_ssize_t = 0
        size: cython.Py_ssize_t = len(data)
        while at + 2 <= size:
            length: cython.Py_ssize_t = data[at] << 8 | data[at + 1]
            if length < HEADER_BYTES:
                raise ProtocolError("shorter than a header")
            if at + 2 + length > size:
                break
            out.append(self._message(side, data[at + 2 : at + 2 + length], now))
            at += 2 + length
        self._held[side] = data[at:]
        return None

    @cython.cfunc
    def _message(self, side: Direction, data: bytes, now: cython.longlong) -> Any:
        try:
            message: Message = parse(data)
        except MessageError as error:
            raise ProtocolError(str(error)) from None
        if not sane_flags(data[2], data[3]):
            raise ProtocolError("flags make no sense")
        if self._named:
            self._done = True
            return Observation(time=now, side=side)
        if message.flags & 0x8000:
            return self._response(message, side, now)
        return self._query(message, side, now)

    @cython.cfunc
    def _query(self, message: Message, side: Direction, now: cython.longlong) -> Any:
        name, kind, sort = _first(message)
        tunnel = self._tunnel.see(kind)
        if not self._told:
            return DnsShape(time=now, side=side, query=name, tunnel_record=tunnel, faults=_faults(message))
        key = (side, message.ident, name, kind)
        known = self._pending.get(key)
        if known is not None:
            self._pending[key] = (known[0], known[1] + 1)
        else:
            if len(self._pending) >= MAX_PENDING:
                del self._pending[next(iter(self._pending))]
            self._pending[key] = (now, 1)
        udp_size, flags, _, options = _edns(message)
        records: tuple[str, ...] = ()
        if message.flags & 0x7800:
            records = _listed(message, [*message.answers, *message.authorities])
        return DnsQuery(
            time=now,
            side=side,
            ident=message.ident,
            opcode=_opcode(message.flags),
            query=name,
            query_type=type_name(kind),
            query_class=class_name(sort),
            questions=_all_questions(message),
            flags=flags,
            size_bytes=len(message.data),
            udp_size=udp_size,
            client_subnet=options.get("client_subnet", ""),
            cookie=options.get("cookie", ""),
            records=records,
            retransmitted=known is not None,
            tunnel_record=tunnel,
            faults=_faults(message),
        )

    @cython.cfunc
    def _response(self, message: Message, side: Direction, now: cython.longlong) -> Any:
        name, kind, sort = _first(message)
        known = self._pending.pop((1 - side, message.ident, name, kind), None)
        udp_size, flags, high, options = _edns(message)
        code = message.flags & 15 | high << 4
        addresses, aliases, ttl = _reached(message, name)
        told: cython.bint = self._told
        return DnsResponse(
            time=now,
            side=side,
            ident=message.ident,
            opcode=_opcode(message.flags),
            query=name,
            query_type=type_name(kind),
            query_class=class_name(sort),
            questions=_all_questions(message) if told else (),
            flags=flags,
            rcode=RCODES.get(code) or f"RCODE{code}",
            answers=_listed(message, message.answers) if told else (),
            authorities=_listed(message, message.authorities) if told else (),
            additionals=_listed(message, message.additionals) if told else (),
            addresses=addresses,
            aliases=aliases,
            ttl=ttl,
            latency=None if known is None else now - known[0],
            size_bytes=len(message.data),
            udp_size=udp_size,
            client_subnet=options.get("client_subnet", ""),
            cookie=options.get("cookie", ""),
            extended_error=options.get("extended_error", ""),
            faults=_faults(message),
        )


def _first(message: Message) -> Any:
    return message.questions[0] if message.questions else ("", 0, 1)


def _opcode(flags: int) -> str:
    number = flags >> 11 & 15
    return OPCODES.get(number) or f"opcode{number}"


def _all_questions(message: Message) -> tuple[str, ...]:
    if len(message.questions) < 2:
        return ()
    asked = message.questions[:MAX_LISTED]
    return tuple([f"{name} {class_name(sort)} {type_name(kind)}" for name, kind, sort in asked])


def _faults(message: Message) -> tuple[str, ...]:
    faults = []
    if message.cut:
        faults.append("incomplete")
    elif message.left_out:
        faults.append("too-many-records")
    elif message.trailing:
        faults.append("trailing-bytes")
    return tuple(faults)


_FLAGS: dict[int, tuple[str, ...]] = {}


def _flag_names(flags: int) -> tuple[str, ...]:
    bits = flags & 0x07B0
    found = _FLAGS.get(bits)
    if found is None:
        found = _FLAGS[bits] = tuple(name for bit, name in _BITS if bits & bit)
    return found


_NO_OPTIONS: dict[str, str] = {}


def _edns(message: Message) -> tuple[int | None, tuple[str, ...], int, dict[str, str]]:
    """(UDP size, flags, upper bits of the rcode, options) from the OPT record (RFC 6891 section 6.1)."""
    flags = _flag_names(message.flags)
    for _, kind, sort, ttl, start, end in message.additionals:
        if kind == 41:
            if ttl & 0x8000:
                flags = (*flags, "do")
            options = edns_options(message.data[start:end]) if end > start else _NO_OPTIONS
            return sort, flags, ttl >> 24, options
    return None, flags, 0, _NO_OPTIONS


def _listed(message: Message, records: list[Any]) -> tuple[str, ...]:
    if not records:
        return ()
    return tuple(
        [
            f"{owner} {ttl} {type_name(kind)} {rdata(message, kind, start, end)}"
            for owner, kind, _, ttl, start, end in records[:MAX_LISTED]
            if kind != 41
        ]
    )


def _reached(message: Message, name: str) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    """(addresses, aliases, smallest TTL) from the asked name on; records off that way do not count."""
    if not message.answers:
        return (), (), None
    addresses: list[str] = []
    aliases: list[str] = []
    on_way = {name}
    least: int | None = None
    for owner, kind, sort, ttl, start, end in message.answers:
        if owner not in on_way or sort != 1:
            continue
        found: list[str] = []
        if kind in {1, 28} and end - start == (4 if kind == 1 else 16):
            found = [rdata(message, kind, start, end)]
        elif kind in {64, 65}:
            found = _hinted(message, start, end)
        elif kind == 5:
            alias = rdata(message, kind, start, end)
            on_way.add(alias)
            aliases.append(alias)
        else:
            continue
        addresses += found
        if least is None or ttl < least:
            least = ttl
    return tuple(addresses[:MAX_LISTED]), tuple(aliases[:MAX_LISTED]), least


def _hinted(message: Message, start: int, end: int) -> list[str]:
    try:
        _, target, parameters = services(message, start, end)
    except Exception:  # what cannot be read hints at nothing
        return []
    if target != ".":
        return []
    return [address for key, value in parameters for address in hints(key, value)]
