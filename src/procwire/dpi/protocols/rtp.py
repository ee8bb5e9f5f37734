"""RTP: streams of media with their codec, loss and jitter (RFC 3550, RFC 3551); RTCP beside them.

Recognised by its first packet where SIP or RTSP announced it, which gives the codecs too; else by shape
alone, since nothing in a packet names it: three datagrams of one side with the same source, sequence numbers
that rise by little and a payload type that is in use. Whether the payload is encrypted (SRTP) cannot be told
from here. Measured over the first ``MAX_SEEN`` packets of a flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import rtcp_packet
from procwire.dpi.wire.sdp import STATIC, noted
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "rtp"
PORTS: frozenset[tuple[str, int]] = frozenset()  # agreed on elsewhere
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(range(0x80, 0xC0))

MAX_SEEN = 256  # packets of one flow that are measured
MAX_SOURCES = 16  # streams of one flow
MAX_STEP = 64  # how far a sequence number may jump in one stream
NEEDED = 3
_RATES = {0: 8000, 3: 8000, 4: 8000, 8: 8000, 9: 8000, 15: 8000, 18: 8000, 10: 44100, 11: 44100, 26: 90000,
          31: 90000, 32: 90000, 33: 90000, 34: 90000}  # fmt: skip


class RtpStream(Observation, kw_only=True):
    """A stream of media was seen; told again, with its figures, when it is over or was measured."""

    TABLE = "rtp"
    ssrc: Annotated[str, says("Source of the stream, in hex.")]
    payload_type: Annotated[int, says("Payload type of its packets.")]
    codec: Annotated[str, says("Codec, where the payload type is assigned to one or was announced with it.")]
    packets: Annotated[int, says("Packets seen so far.", unit="packets")]
    lost: Annotated[int, says("Sequence numbers that were never seen.", unit="packets")]
    jitter: Annotated[int | None, says("Jitter of arrivals, where the clock is known.", kind=Kind.DURATION)]
    media_bytes: Annotated[int, says("Bytes of payload.", kind=Kind.SIZE)]
    lasted: Annotated[int, says("From its first packet to its last.", kind=Kind.DURATION)]


OBSERVATIONS = (RtpStream,)


def _head(data: bytes) -> int:
    """Size of the header, or 0 where this is no packet."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return 0
    kind = data[1] & 127
    if 64 <= kind < 96 or 35 <= kind < 64 or kind in {1, 2, 19}:  # RTCP's, unassigned, reserved
        return 0
    size = 12 + 4 * (data[0] & 15)
    if data[0] & 16 and len(data) >= size + 4:
        size += 4 + 4 * (data[size + 2] << 8 | data[size + 3])
    padding = data[-1] if data[0] & 32 else 0
    return size if size + padding <= len(data) else 0


_UNUSED = {1, 2, 19, *range(35, 96)}  # RTCP's, unassigned, reserved
SHAPES = {
    "udp": Shape(starts=({1: bytes(kind for kind in range(256) if kind & 127 not in _UNUSED)},), least=12)
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """One packet is never enough, unless its protocol was announced."""
    if not _head(data):
        return Claim.NO
    return Claim.YES if context.announced == NAME else Claim.MORE


def confirm(seen: list[tuple[Direction, bytes]], context: Context) -> bool:  # noqa: ARG001
    """A stream of one source whose numbers rise."""
    side, last = seen[-1]
    same = [data for other, data in seen if other == side and data[8:12] == last[8:12] and _head(data)]
    if len(same) < NEEDED or last[8:12] == bytes(4):
        return False
    numbers = [data[2] << 8 | data[3] for data in same]
    steps = [(after - before) & 0xFFFF for before, after in pairwise(numbers)]
    return sum(0 < step <= MAX_STEP for step in steps) >= NEEDED - 1 and _ticks(same)


def _ticks(same: list[bytes]) -> bool:
    """Timestamps never run back by much, and are no counter of bytes that stands for something else."""
    times = [int.from_bytes(data[4:8], "big") for data in same]
    steps = [(after - before) & 0xFFFFFFFF for before, after in pairwise(times)]
    return all(step < 1 << 24 or step > (1 << 32) - (1 << 20) for step in steps)


class _Stream:
    __slots__ = (
        "arrived",
        "began",
        "bytes",
        "highest",
        "jitter",
        "kind",
        "last",
        "packets",
        "start",
        "ticks",
        "told",
    )

    def __init__(self, number: int, kind: int, now: int) -> None:
        self.start = self.highest = number
        self.kind = kind
        self.began = self.last = now
        self.packets = self.bytes = 0
        self.jitter = 0.0
        self.ticks: int | None = None
        self.arrived = now
        self.told = False


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._streams: dict[tuple[Direction, int], _Stream] = {}
        self._seen = 0
        self._codecs = noted(context.note)

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram."""
        size = _head(data)
        if not size:
            if rtcp_packet.split(data) is None and not 0 <= data[0] < 64:
                raise ProtocolError("not RTP")
            return
        self._seen += 1
        key = (side, int.from_bytes(data[8:12], "big"))
        number = data[2] << 8 | data[3]
        stream = self._streams.get(key)
        if stream is None:
            if len(self._streams) >= MAX_SOURCES:
                return
            stream = self._streams[key] = _Stream(number, data[1] & 127, now)
        self._count(stream, number, int.from_bytes(data[4:8], "big"), self._rate(stream.kind), now)
        stream.bytes += len(data) - size
        if stream.packets >= NEEDED and not stream.told:
            stream.told = True
            yield self._record(key, stream, now)
        if self._seen >= MAX_SEEN:
            yield from self.finish(now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._seen >= MAX_SEEN else 0

    def finish(self, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """The figures of each stream."""
        streams, self._streams = self._streams, {}
        for key, stream in streams.items():
            if stream.packets > NEEDED:
                yield self._record(key, stream, stream.last)

    def _rate(self, kind: int) -> int:
        """Ticks a second of a payload type's clock; 0 where not known."""
        return self._codecs[kind][1] if kind in self._codecs else _RATES.get(kind, 0)

    @staticmethod
    def _count(stream: _Stream, number: int, ticks: int, rate: int, now: int) -> None:
        stream.packets += 1
        step = (number - stream.highest) & 0xFFFF
        if step < 0x8000:
            stream.highest += step
        if rate and stream.ticks is not None:  # RFC 3550 appendix A.8
            sent = ((ticks - stream.ticks + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
            apart = abs(now - stream.arrived - sent * 1_000_000_000 / rate)
            stream.jitter += (apart - stream.jitter) / 16
        stream.ticks, stream.arrived, stream.last = ticks, now, now

    def _record(self, key: tuple[Direction, int], stream: _Stream, now: int) -> Observation:
        expected = stream.highest - stream.start + 1
        named = self._codecs.get(stream.kind)
        return RtpStream(
            time=now,
            side=key[0],
            ssrc=f"{key[1]:08x}",
            payload_type=stream.kind,
            codec=named[0] if named else STATIC.get(stream.kind, ""),
            packets=stream.packets,
            lost=max(0, expected - stream.packets),
            jitter=round(stream.jitter) if self._rate(stream.kind) else None,
            media_bytes=stream.bytes,
            lasted=stream.last - stream.began,
        )
