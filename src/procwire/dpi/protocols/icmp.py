"""ICMP: echoes with their latency, errors with the packet that they quote, redirects (RFC 792).

Recognised by the IP header, which names it; there is no port. A reply is paired with its request by
identifier and sequence number. Messages put together from fragments are counted in their flow, not read.
"""

from __future__ import annotations

from collections.abc import Iterable

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.icmp_message import HEAD_BYTES, IcmpMessage, IcmpUnanswered, Messages
from procwire.model.observation import Observation

NAME = "icmp"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"icmp"})
FIRST = None
OBSERVATIONS = (IcmpMessage, IcmpUnanswered)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Any message with a whole header."""
    return Claim.YES if context.transport in TRANSPORTS and len(data) >= HEAD_BYTES else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.messages = Messages(4)

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One message."""
        if len(data) >= HEAD_BYTES:
            yield self.messages.read(side, data, now)

    def finish(self, now: int) -> Iterable[Observation]:
        """The requests that no reply was seen to."""
        return self.messages.unanswered(now) if self.context.told else ()
