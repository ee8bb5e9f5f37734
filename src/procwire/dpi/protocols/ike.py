"""IKE versions 1 and 2, and ESP in UDP: what is offered and chosen (RFC 2409, RFC 7296, RFC 3947, RFC 3948).

Recognised by a header whose version, exchange and length fit and a chain of payloads that ends with the
message; on port 4500 behind four zero bytes. ESP in UDP alone is recognised on port 4500 by three packets
of one SPI whose numbers rise. What is encrypted is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _ike_names as names
from procwire.dpi.wire import ike_message
from procwire.dpi.wire.ike_message import Message
from procwire.dpi.wire.pending import Pending, unanswered
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "ike"
PORTS = frozenset({("udp", 500), ("udp", 4500)})
TRANSPORTS = frozenset({"udp"})
FIRST: bytes | None = None  # it starts with a random number

MAX_TOLD = 128  # messages of one flow that are told
MAX_ESP = 64  # packets of ESP that are looked at
MAX_STEP = 64  # how far ESP's numbers may jump between packets that are seen
NAT_PORT = 4500
_VERSIONS = frozenset({b"\x10", b"\x20"})
_MARKER = bytes(4)  # RFC 3948 section 2.2


class IkeMessage(Observation, kw_only=True):
    """One message of a key exchange."""

    TABLE = "ike"
    RISKS: ClassVar = {"weak": "weak-cryptography"}
    version: Annotated[int, says("1 or 2.")]
    exchange: Annotated[str, says("Kind of exchange.")]
    message: Annotated[str, says("request or response.")]
    message_id: Annotated[int, says("Message id.")]
    initiator_spi: Annotated[str, says("SPI of who began, in hex.")]
    responder_spi: Annotated[str, says("SPI of who answers, in hex.")]
    encrypted: Annotated[bool, says("Its payloads are encrypted.")]
    proposals: Annotated[int, says("Proposals in it.")]
    transforms: Annotated[
        tuple[str, ...], says("Algorithms in the proposals: offered, or chosen in a response.")
    ]
    notifies: Annotated[tuple[str, ...], says("Notifications, by their registered names.")]
    vendors: Annotated[tuple[str, ...], says("Vendor ids, named where they are known.")]
    identity: Annotated[str, says("Identity, where it is sent in clear (aggressive mode of version 1).")]
    latency: Annotated[int | None, says("From the request to this response.", kind=Kind.DURATION)] = None

    @property
    def weak(self) -> bool:
        """Whether a single choice of a response is weak."""
        return (
            self.message == "response" and self.proposals == 1 and not names.WEAK.isdisjoint(self.transforms)
        )


class EspSeen(Observation, kw_only=True):
    """Encrypted packets of one security association, in UDP."""

    TABLE = "ike_esp"
    spi: Annotated[str, says("Security parameters index, in hex.")]
    sequence: Annotated[int, says("Sequence number of the packet.")]


OBSERVATIONS = (IkeMessage, EspSeen)


def _inner(data: bytes, context: Context) -> bytes | None:
    """A message of IKE without port 4500's marker; None for ESP."""
    if NAT_PORT not in (context.src_port, context.dst_port):
        return data
    return data[4:] if data[:4] == _MARKER else None


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole message; or what may be ESP on its port."""
    if data[17:18] not in _VERSIONS and NAT_PORT not in (context.dst_port, context.src_port):
        return Claim.NO  # nearly all there is
    inner = _inner(data, context)
    if inner is not None:
        return Claim.YES if ike_message.read(inner) is not None else Claim.NO
    return Claim.MORE if len(data) >= 32 and not len(data) % 4 and any(data[:4]) else Claim.NO


def confirm(seen: list[tuple[Direction, bytes]], context: Context) -> bool:
    """ESP on port 4500: one SPI, numbers that rise."""
    side, last = seen[-1]
    if _inner(last, context) is not None:
        return False
    numbers = [
        int.from_bytes(data[4:8], "big") for other, data in seen if other == side and data[:4] == last[:4]
    ]
    return len(numbers) >= 3 and all(0 < after - before <= MAX_STEP for before, after in pairwise(numbers))


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told = context.told
        self._asked = Pending()
        self._known: set[bytes] = set()
        self._count = self._esp = 0

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram."""
        inner = _inner(data, self._context)
        if inner is None:
            self._esp += 1
            if len(data) >= 12 and data[:4] not in self._known and len(self._known) < MAX_ESP:
                self._known.add(data[:4])
                yield EspSeen(
                    time=now, side=side, spi=data[:4].hex(), sequence=int.from_bytes(data[4:8], "big")
                )
            return
        message = ike_message.read(inner)
        if message is None:
            raise ProtocolError("not IKE")
        self._count += 1
        if self._count <= MAX_TOLD:
            yield self._tell(side, message, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._count > MAX_TOLD or self._esp > MAX_ESP else 0

    def finish(self, now: int) -> Iterable[Observation]:
        """Requests that no answer was seen to."""
        return unanswered(now, self._asked) if self._told and self._count <= MAX_TOLD else ()

    def _tell(self, side: Direction, message: Message, now: int) -> Observation:
        latency = None
        key = (message.initiator, message.exchange, message.number)
        answers = message.response and (
            message.version == 2 or self._asked.peek((1 - side, *key)) is not None
        )
        if answers:
            latency, _ = self._asked.answer((1 - side, *key), now)
        if not message.response or message.version == 1:
            said = names.EXCHANGES[message.exchange] if message.version == 2 else ""
            self._asked.ask((side, *key), now, True, side=side, said=said)
        return IkeMessage(
            time=now,
            side=side,
            version=message.version,
            exchange=names.EXCHANGES[message.exchange],
            message="response" if answers else "request",
            message_id=message.number,
            initiator_spi=message.initiator.hex(),
            responder_spi=message.responder.hex() if any(message.responder) else "",
            encrypted=message.encrypted,
            proposals=message.proposals,
            transforms=message.transforms,
            notifies=message.notifies,
            vendors=message.vendors,
            identity=message.identity,
            latency=latency,
        )
