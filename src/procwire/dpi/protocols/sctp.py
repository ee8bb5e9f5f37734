"""SCTP: how an association opens and ends, and what its data chunks carry (RFC 9260).

Recognised by the IP header and by chunks that fill the packet. One record for each opening or ending chunk,
and one for each payload protocol that a side sends; what is in the data is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire._sctp_names import CAUSES, CHUNKS, PAYLOADS
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "sctp"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"sctp"})
FIRST = bytes(CHUNKS)
MAX_CHUNKS = 64  # read of one packet
MAX_PAYLOADS = 64  # payload protocols told of one flow

DATA, INIT, INIT_ACK, ABORT, SHUTDOWN, ERROR, SHUTDOWN_COMPLETE, I_DATA = 0, 1, 2, 6, 7, 9, 14, 64
_TOLD = frozenset({INIT, INIT_ACK, ABORT, SHUTDOWN, ERROR, SHUTDOWN_COMPLETE})
_LEAST = {DATA: 16, INIT: 20, INIT_ACK: 20, I_DATA: 20}


class SctpChunk(Observation, kw_only=True):
    """An association opened or ended, or a side sent data of a kind for the first time."""

    TABLE = "sctp"
    message: Annotated[str, says("init, init-ack, data, error, abort, shutdown or shutdown-complete.")]
    payload_protocol: Annotated[
        str, says("What data chunks carry, as registered; a number without a name.")
    ] = ""
    tag: Annotated[str, says("Tag that the peer is to put on its packets, in hex.")] = ""
    streams_out: Annotated[int | None, says("Streams that the sender wants to open.")] = None
    streams_in: Annotated[int | None, says("Streams that it takes at most.")] = None
    window: Annotated[int | None, says("Receive window that it offers.", kind=Kind.SIZE)] = None
    latency: Annotated[int | None, says("From init to init-ack.", kind=Kind.DURATION)] = None
    cause: Annotated[str, says("Why it ended or failed.")] = ""


OBSERVATIONS = (SctpChunk,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Known chunks that fill the packet."""
    if context.transport not in TRANSPORTS:
        return Claim.NO
    try:
        kinds = [kind for kind, _ in chunks(data)]
    except ProtocolError:
        return Claim.NO
    return Claim.YES if kinds and all(kind in CHUNKS for kind in kinds) else Claim.NO


def chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, whole chunk) of each (RFC 9260 section 3.2); the last may be cut by the capture."""
    at = 0
    for _ in range(MAX_CHUNKS):
        if at >= len(data):
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < max(4, _LEAST.get(data[at], 4)) or at + 4 > len(data):
            raise ProtocolError("a chunk shorter than its header")
        yield data[at], data[at : at + size]
        at += size + 3 & ~3


class Parser(DatagramParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.opened = self.paired(Pending())
        self.kinds: set[tuple[int, int]] = set()

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One packet."""
        for kind, chunk in chunks(data):
            if kind in (DATA, I_DATA):
                yield from self._data(side, kind, chunk, now)
            elif kind in (INIT, INIT_ACK) and len(chunk) >= _LEAST[kind]:
                yield self._opening(side, kind, chunk, now)
            elif kind in _TOLD:
                cause = int.from_bytes(chunk[4:6], "big") if len(chunk) >= 8 and kind in (ABORT, ERROR) else 0
                words = CAUSES.get(cause, str(cause)) if cause else ""
                yield SctpChunk(time=now, side=side, message=CHUNKS[kind], cause=words)

    def _opening(self, side: Direction, kind: int, chunk: bytes, now: int) -> SctpChunk:
        latency = None
        if kind == INIT:
            self.opened.ask(int(side), now, side=side, said="association")
        else:
            latency, _ = self.opened.answer(1 - side, now)
        return SctpChunk(
            time=now,
            side=side,
            message=CHUNKS[kind],
            tag=chunk[4:8].hex(),
            window=int.from_bytes(chunk[8:12], "big"),
            streams_out=int.from_bytes(chunk[12:14], "big"),
            streams_in=int.from_bytes(chunk[14:16], "big"),
            latency=latency,
        )

    def _data(self, side: Direction, kind: int, chunk: bytes, now: int) -> Iterator[SctpChunk]:
        place = 12 if kind == DATA else 16
        if len(chunk) < place + 4:
            return
        number = int.from_bytes(chunk[place : place + 4], "big")
        if (int(side), number) in self.kinds or len(self.kinds) >= MAX_PAYLOADS:
            return
        self.kinds.add((int(side), number))
        name = PAYLOADS.get(number, str(number))
        yield SctpChunk(time=now, side=side, message="data", payload_protocol=name)
