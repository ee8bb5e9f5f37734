"""ICMPv6: echoes, errors, neighbour discovery and multicast listeners (RFC 4443, RFC 4861, RFC 9777).

Recognised by the IP header, which names it; there is no port. Echoes and errors stand in the table icmp,
neighbour discovery (routers, prefixes, who has an address) in ndp, multicast listeners in igmp.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.wire import group_message, ndp_message
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.group_message import GroupMessage
from procwire.dpi.wire.icmp_message import HEAD_BYTES, IcmpMessage, IcmpUnanswered, Messages, sixteen
from procwire.dpi.wire.ndp_message import NdpMessage
from procwire.dpi.wire.pending import Pending
from procwire.model.observation import Observation

NAME = "icmp6"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"icmp6"})
FIRST = None
OBSERVATIONS = (IcmpMessage, IcmpUnanswered, NdpMessage, GroupMessage)

_LISTENERS = {130: "query", 131: "report", 132: "leave", 143: "report"}
_MLD1_BYTES, _MLD2_BYTES = 24, 28  # RFC 9777 section 8.1 tells versions of a query by its length
_MILLISECOND = 10**6


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Any message with a whole header."""
    return Claim.YES if context.transport in TRANSPORTS and len(data) >= HEAD_BYTES else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.messages = Messages(6)
        self.solicited = Pending()

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One message."""
        if len(data) < HEAD_BYTES:
            return
        if data[0] in ndp_message.KINDS:
            yield self._neighbour(side, data, now)
        elif data[0] in _LISTENERS:
            yield _listener(side, data, now)
        else:
            yield self.messages.read(side, data, now)

    def finish(self, now: int) -> Iterable[Observation]:
        """The requests that no reply was seen to."""
        return self.messages.unanswered(now) if self.context.told else ()

    def _neighbour(self, side: Direction, data: bytes, now: int) -> NdpMessage:
        found = ndp_message.read(side, data, now)
        if data[0] == ndp_message.SOLICITATION:
            self.solicited.ask((int(side), found.target), now)
        elif data[0] == ndp_message.ADVERTISEMENT:
            latency, _ = self.solicited.answer((1 - side, found.target), now)
            found = msgspec.structs.replace(found, latency=latency)
        return found


def _listener(side: Direction, data: bytes, now: int) -> GroupMessage:
    """RFC 2710 section 3, RFC 9777 section 5."""
    kind = data[0]
    found: dict[str, Any] = {"version": "mld2" if kind == 143 or len(data) >= _MLD2_BYTES else "mld1"}
    if kind == 143:
        count = int.from_bytes(data[6:8], "big")
        found["groups"], found["faults"] = group_message.records(data[8:], count, 16, sixteen)
    elif len(data) < _MLD1_BYTES:
        found["faults"] = ("incomplete",)
    else:
        group = sixteen(data[8:24])
        found["group"] = "" if group == "::" else group
        if kind == 130:
            found["response_time"] = int.from_bytes(data[4:6], "big") * _MILLISECOND
            count = int.from_bytes(data[26:28], "big")
            found["sources"] = group_message.addresses(data[28:], count, 16, sixteen)
    return GroupMessage(time=now, side=side, message=_LISTENERS[kind], **found)
