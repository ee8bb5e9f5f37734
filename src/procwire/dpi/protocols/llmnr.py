"""LLMNR: single names of a link, asked by multicast (RFC 4795).

Recognised on port 5355, which the asked side must use (section 2.4), over UDP and TCP, by a message of the
DNS format with operation query and exactly one question. A host that answers for names that are not its own
can be seen by who answers what. Answers over UDP go back directly, mostly as a flow of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import dns_records as names
from procwire.dpi.wire.dns_message import HEADER_BYTES
from procwire.dpi.wire.dns_names import RCODES, TYPES, type_name
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "llmnr"
PORT = 5355
REQUESTS = True
PORTS = frozenset({("udp", PORT), ("tcp", PORT)})
TRANSPORTS = frozenset({"udp", "tcp"})
FIRST = None

MAX_MESSAGE = 9194  # section 2.1: what a UDP message may hold; the same is taken over TCP
_BITS = ((0x0400, "conflict"), (0x0200, "truncated"), (0x0100, "tentative"))  # section 2.1.1


class LlmnrMessage(Observation, kw_only=True):
    """A question for a name, or an answer to one."""

    TABLE = "llmnr"
    message: Annotated[str, says("query or response.")]
    ident: Annotated[int, says("Transaction id.")]
    query: Annotated[str, says("Name asked for.")]
    query_type: Annotated[str, says("Record type asked for.")]
    flags: Annotated[tuple[str, ...], says("conflict, truncated and tentative, where set.")] = ()
    rcode: Annotated[str, says("Response code of an answer.")] = ""
    answers: Annotated[tuple[str, ...], says("Answer records: name, TTL, type, data.")] = ()
    addresses: Annotated[tuple[str, ...], says("Addresses answered.")] = ()
    latency: Annotated[int | None, says("From the question to this answer.", kind=Kind.DURATION)] = None
    retransmitted: Annotated[bool, says("Whether the same question was sent before and not answered.")] = (
        False
    )
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]


OBSERVATIONS = (LlmnrMessage,)


def _sane(data: bytes | bytearray) -> bool:
    """Operation query, reserved bits clear, one question, answers only in responses (section 2.1.1)."""
    asked = data[4] << 8 | data[5]
    answered = data[6] << 8 | data[7]
    flags_fit = not data[2] & 0x78 and not data[3] & 0xF0 and (data[2] & 0x80 or not data[3] & 0x0F)
    return bool(flags_fit) and asked == 1 and (data[2] & 0x80 != 0 or answered == 0)


def measure(data: bytes | bytearray) -> int:
    """Length of the message behind its two bytes of length (section 2.4: as DNS over TCP)."""
    if len(data) < 2:
        return 0
    size = data[0] << 8 | data[1]
    if not HEADER_BYTES + 5 <= size <= MAX_MESSAGE:
        raise ProtocolError("length makes no sense")
    if len(data) >= 2 + HEADER_BYTES and not _sane(data[2 : 2 + HEADER_BYTES]):
        raise ProtocolError("header makes no sense")
    return 2 + size


_QUERY = bytes(byte for byte in range(256) if not byte & 0x78)  # operation
SHAPES = {
    "tcp": Shape(starts=({4: _QUERY, 6: b"\0", 7: b"\1"},)),
    "udp": Shape(starts=({2: _QUERY, 3: bytes(range(16)), 4: b"\0", 5: b"\1"},), least=HEADER_BYTES),
}


def _other(data: bytes) -> bool:
    """Whether the start of a message behind its length is another operation, or has not one question."""
    return (len(data) > 4 and data[4] not in _QUERY) or not b"\0\1".startswith(data[6:8])


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A readable message on the port that the service must use."""
    if PORT not in (context.dst_port, context.src_port):
        return Claim.NO
    try:
        if context.transport == "tcp":
            size = measure(data)
            if not size or len(data) < size:
                return Claim.NO if _other(data) else Claim.MORE
            data = data[2:size]
        if len(data) < HEADER_BYTES or not _sane(data):
            return Claim.NO
        _, kind, sort = names.message_of(data).questions[0]
    except ProtocolError:
        return Claim.NO
    return Claim.YES if sort == 1 and kind in TYPES else Claim.NO


class Parser(FramedParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        data = data[2:] if self.stream else data
        if len(data) < HEADER_BYTES or not _sane(data):
            raise ProtocolError("header makes no sense")
        message = names.message_of(data)
        name, kind, _ = message.questions[0]
        response = bool(message.flags & 0x8000)
        latency, again = None, False
        if response:
            latency, _ = self._pending.answer((1 - side, message.ident, name, kind), now)
        else:
            again = self._pending.ask((int(side), message.ident, name, kind), now)
        code = message.flags & 15
        yield LlmnrMessage(
            time=now,
            side=side,
            message="response" if response else "query",
            ident=message.ident,
            query=name,
            query_type=type_name(kind),
            flags=tuple(word for bit, word in _BITS if message.flags & bit),
            rcode=(RCODES.get(code) or f"RCODE{code}") if response else "",
            answers=names.listed(message, message.answers),
            addresses=names.values(message, message.answers, names.ADDRESSES),
            latency=latency,
            retransmitted=again,
            size_bytes=len(data),
        )
