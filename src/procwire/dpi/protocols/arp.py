"""ARP: who has an IPv4 address on the link, and when another station begins to answer for it (RFC 826).

Recognised by the frame's ethertype. Its records belong to no flow: such frames have no IP
header. A reply is paired with the request by the two addresses; probes and announcements follow RFC 5227.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, cast

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.model import address
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "arp"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"arp"})
FIRST = b"\0"  # hardware types are below 256
MAX_BINDINGS = 4096  # addresses whose station is remembered

_HEAD = 8
_ETHERNET_IPV4 = 28
_NOBODY = "0.0.0.0"  # noqa: S104 - a probe's sender (RFC 5227 section 1.1)
_OPERATIONS = {1: "request", 2: "reply", 3: "reverse-request", 4: "reverse-reply", 8: "inverse-request",
               9: "inverse-reply"}  # fmt: skip


class ArpMessage(Observation, kw_only=True):
    """One ARP message; of no flow."""

    TABLE = "arp"
    message: Annotated[str, says("request, reply, probe, announcement, or a reverse or inverse form.")]
    sender: Annotated[str, says("Address that the sender has; empty in a probe.", kind=Kind.ADDRESS)]
    sender_mac: Annotated[str, says("Hardware address of the sender.")]
    target: Annotated[str, says("Address that is asked for or answered.", kind=Kind.ADDRESS)]
    target_mac: Annotated[str, says("Hardware address of the target, where known.")]
    latency: Annotated[int | None, says("From the request to this reply.", kind=Kind.DURATION)] = None
    former_mac: Annotated[str, says("Who had the sender's address before, where that was another.")] = ""


class ArpUnanswered(Observation, kw_only=True):
    """A request that no reply was seen to; of no flow."""

    TABLE = "arp"
    message: Annotated[str, says("request, reply, unanswered, ...")] = "unanswered"
    sender: Annotated[str, says("Address of who asked.", kind=Kind.ADDRESS)]
    target: Annotated[str, says("Address that is asked for.", kind=Kind.ADDRESS)]
    attempts: Annotated[int, says("How often it was asked for.")]
    waited: Annotated[int, says("From the first request to the end.", kind=Kind.DURATION)]


OBSERVATIONS = (ArpMessage, ArpUnanswered)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """ARP between stations with addresses of six bytes, for IPv4."""
    known = (
        context.transport in TRANSPORTS and len(data) >= _ETHERNET_IPV4 and data[2:6] == b"\x08\x00\x06\x04"
    )
    return Claim.YES if known else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser. One for a whole run."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.asked = Pending(MAX_BINDINGS)
        self.stations: dict[str, str] = {}

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One frame; padding behind it is none of it."""
        if claims(data, side, self.context) is not Claim.YES:
            raise ProtocolError("not for IPv4 over Ethernet")
        number = int.from_bytes(data[6:8], "big")
        sender_mac, target_mac = data[8:14].hex(":"), data[18:24].hex(":")
        sender, target = _text(data[14:18]), _text(data[24:28])
        name = _OPERATIONS.get(number) or f"operation-{number}"
        latency = None
        if number == 1:
            name = _kind(sender, target)
            if name == "request":
                self.asked.ask((sender, target), now)
        elif number == 2:
            name = "announcement" if sender == target else "reply"
            latency, _ = self.asked.answer((target, sender), now)
        yield ArpMessage(
            time=now,
            side=side,
            message=name,
            sender="" if sender == _NOBODY else sender,
            sender_mac=sender_mac,
            target=target,
            target_mac="" if not any(data[18:24]) else target_mac,
            latency=latency,
            former_mac=self._former(sender, sender_mac) if sender != _NOBODY else "",
        )

    def finish(self, now: int) -> Iterable[Observation]:
        """The requests that nobody answered."""
        for key, asked in self.asked.left():
            sender, target = cast("tuple[str, str]", key)
            yield ArpUnanswered(
                time=now, side=Direction.OUT, sender=sender, target=target, attempts=asked.attempts,
                waited=max(0, now - asked.since),
            )  # fmt: skip

    def _former(self, sender: str, station: str) -> str:
        """Remember who has an address; the station that had it before, where that is another."""
        known: Any = self.stations.pop(sender, station)
        self.stations[sender] = station
        if len(self.stations) > MAX_BINDINGS:
            del self.stations[next(iter(self.stations))]
        return "" if known == station else str(known)


def _kind(sender: str, target: str) -> str:
    """RFC 5227 section 1.1."""
    if sender == _NOBODY:
        return "probe"
    return "announcement" if sender == target else "request"


def _text(data: bytes) -> str:
    return address.text(4, 0, int.from_bytes(data, "big"))
