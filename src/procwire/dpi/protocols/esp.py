"""ESP: encrypted IP packets, of which only the security association and a number are in clear (RFC 4303).

Recognised by the IP header, which names it; there is no port. One record for each security association (SPI)
of a side; the payload is ciphertext. ESP inside UDP belongs to IKE's port.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.wire.framing import DatagramParser
from procwire.model.observation import Observation, says

NAME = "esp"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"esp"})
FIRST = None
MAX_ASSOCIATIONS = 64  # of one flow; the rest are only counted

_HEAD = 8
_RESERVED = 256  # RFC 4303 section 2.1: SPIs below are reserved


class Association(Observation, kw_only=True):
    """A security association is in use."""

    TABLE = "esp"
    spi: Annotated[str, says("Security parameters index, in hex.")]
    sequence: Annotated[int, says("Sequence number of the first packet seen with it.")]


OBSERVATIONS = (Association,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A header whose index is not reserved."""
    known = context.transport in TRANSPORTS and len(data) >= _HEAD
    return Claim.YES if known and int.from_bytes(data[:4], "big") >= _RESERVED else Claim.NO


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.seen: set[tuple[int, bytes]] = set()

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One packet."""
        key = (int(side), data[:4])
        if key in self.seen or len(data) < _HEAD:
            return
        self.seen.add(key)
        self.done = len(self.seen) >= MAX_ASSOCIATIONS
        sequence = int.from_bytes(data[4:8], "big")
        yield Association(time=now, side=side, spi=data[:4].hex(), sequence=sequence)
