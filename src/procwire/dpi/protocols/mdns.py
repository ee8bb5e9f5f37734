"""mDNS: names and services of a link, asked and announced by multicast (RFC 6762, RFC 6763).

Recognised on port 5353, which a sender or a receiver must use (section 5.2, 11), by a message of the DNS
format with operation query, whose records can be read to their end. Answers go to the whole link, so they
stand in the flow of who answers; a latency is known only where a question got its answer directly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import dns_records as names
from procwire.dpi.wire.dns_message import HEADER_BYTES
from procwire.dpi.wire.dns_names import type_name
from procwire.dpi.wire.dns_rdata import rdata
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "mdns"
PORT = 5353
REQUESTS = True
PORTS = frozenset({("udp", PORT)})
TRANSPORTS = frozenset({"udp"})
FIRST = None  # the id is 0 (section 18.1) but of one-shot queries

_UNICAST = 0x8000  # top bit of a question's class: a direct answer is welcome (section 5.4)
_CLASSES = frozenset({1, 255})


class MdnsMessage(Observation, kw_only=True):
    """A question or an answer on the link."""

    TABLE = "mdns"
    RISKS: ClassVar = {"faults": "malformed-message"}
    message: Annotated[str, says("query, probe, response, or goodbye where every record is withdrawn.")]
    query: Annotated[str, says("Name asked for, of the first question.")] = ""
    query_type: Annotated[str, says("Record type asked for, of the first question.")] = ""
    questions: Annotated[tuple[str, ...], says("Every question: name, type.")] = ()
    unicast: Annotated[bool, says("Whether the asker would take a direct answer.")] = False
    known: Annotated[tuple[str, ...], says("Answers that the asker knows already.")] = ()
    answers: Annotated[tuple[str, ...], says("Records announced: name, TTL, type, data.")] = ()
    additionals: Annotated[tuple[str, ...], says("Records announced beside: name, TTL, type, data.")] = ()
    services: Annotated[tuple[str, ...], says("Service types and instances that records point to.")] = ()
    instances: Annotated[tuple[str, ...], says("Service instances with a host and port (SRV).")] = ()
    hosts: Annotated[tuple[str, ...], says("Host names that addresses are given for.")] = ()
    addresses: Annotated[tuple[str, ...], says("Addresses of these hosts.")] = ()
    ident: Annotated[int, says("Transaction id; 0 but for one-shot queries and their answers.")]
    latency: Annotated[int | None, says("From the question to this direct answer.", kind=Kind.DURATION)] = (
        None
    )
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


OBSERVATIONS = (MdnsMessage,)

_QUERY = bytes(byte for byte in range(256) if not byte & 0x78)  # operation
_FINE = bytes(byte for byte in range(256) if not byte & 0x4F)  # no error
SHAPES = {"udp": Shape(starts=({2: _QUERY, 3: _FINE},), least=HEADER_BYTES + 1)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A readable message on the port that the service must use."""
    if PORT not in (context.dst_port, context.src_port):
        return Claim.NO
    if 53 in {context.src_port, context.dst_port} or not _sane(data):
        return Claim.NO
    try:
        message = names.message_of(data)
    except ProtocolError:
        return Claim.NO
    classes = {sort & ~_UNICAST for _, _, sort in message.questions}
    return Claim.YES if classes <= _CLASSES and not message.cut else Claim.NO


def _sane(data: bytes) -> bool:
    """Operation query, no error, and something to say (section 18)."""
    return len(data) > HEADER_BYTES and not data[2] & 0x78 and not data[3] & 0x4F and any(data[4:12])


class Parser(DatagramParser):
    """See contract.Parser."""

    PATIENT = True  # a risk may come with any message

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        if not _sane(data):
            raise ProtocolError("header makes no sense")
        message = names.message_of(data)
        response = bool(message.flags & 0x8000)
        first = message.questions[0][:2] if message.questions else ("", 0)
        latency = None
        if response:
            latency = self._answered(1 - side, message, now)
        elif message.questions:
            self._pending.ask((int(side), first[0]), now, side=side, said=f"{first[0]} {type_name(first[1])}")
        announced = [*message.answers, *message.additionals] if response else []
        yield MdnsMessage(
            time=now,
            side=side,
            message=_kind(message, response=response),
            query=first[0],
            query_type=type_name(first[1]) if first[0] else "",
            questions=names.asked(message),
            unicast=any(sort & _UNICAST for _, _, sort in message.questions),
            known=() if response else names.listed(message, message.answers),
            answers=names.listed(message, message.answers if response else message.authorities),
            additionals=names.listed(message, message.additionals) if response else (),
            services=names.values(message, announced, names.POINTERS),
            instances=tuple(_instances(message, announced)),
            hosts=names.owners(announced, names.ADDRESSES),
            addresses=names.values(message, announced, names.ADDRESSES),
            ident=message.ident,
            latency=latency,
            size_bytes=len(data),
            faults=_faults(message),
        )

    def _answered(self, asker: int, message: Any, now: int) -> int | None:
        for name in dict.fromkeys(record[0] for record in message.answers[: names.MAX_LISTED]):
            latency, _ = self._pending.answer((asker, name), now)
            if latency is not None:
                return latency
        return None


def _kind(message: Any, *, response: bool) -> str:
    if not response:
        return "probe" if message.authorities else "query"  # section 8.1
    if message.answers and not any(ttl for _, _, _, ttl, _, _ in message.answers):
        return "goodbye"  # section 10.1
    return "response"


def _instances(message: Any, records: list[Any]) -> Iterator[str]:
    for owner, kind, _, _, start, end in records[: names.MAX_LISTED]:
        if kind == names.SRV:
            words = rdata(message, kind, start, end).split(" ")
            if len(words) == 4 and words[0] != "\\#":
                yield f"{owner} {words[3]}:{words[2]}"


def _faults(message: Any) -> tuple[str, ...]:
    if message.cut and not message.flags & 0x0200:
        return ("incomplete",)
    return ("trailing-bytes",) if message.trailing else ()
