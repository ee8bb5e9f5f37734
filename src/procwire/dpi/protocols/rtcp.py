"""RTCP: how well media arrive, as the two ends tell each other (RFC 3550 section 6, RFC 4585).

Recognised by packets of known types whose lengths fill the datagram: several of them, or one that is seen
again from the same source. Where it is encrypted (SRTCP), it is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import rtcp_packet
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.rtcp_packet import BYE, KINDS, RR, SDES, SR
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "rtcp"
PORTS: frozenset[tuple[str, int]] = frozenset()  # one above the port of the media
TRANSPORTS = frozenset({"udp"})
FIRST = bytes(range(0x80, 0xC0))

MAX_TOLD = 256  # datagrams of one flow that are told


class RtcpReport(Observation, kw_only=True):
    """One compound packet."""

    TABLE = "rtcp"
    kinds: Annotated[tuple[str, ...], says("Packets in it.")]
    ssrc: Annotated[str, says("Source that sent it, in hex.")]
    cname: Annotated[str, says("Canonical name of the source.")]
    loss: Annotated[float | None, says("Part of the packets lost since the last report, as received.")]
    lost: Annotated[int | None, says("Packets lost in all, as received.", unit="packets")]
    jitter: Annotated[int | None, says("Jitter in units of the media's clock.")]
    latency: Annotated[
        int | None,
        says("From the other side's report to this one that quotes it, without the time it lay there.",
             kind=Kind.DURATION),
    ] = None  # fmt: skip


OBSERVATIONS = (RtcpReport,)

SHAPES = {"udp": Shape(starts=({1: bytes((SR, RR))},), least=4)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A report that fills the datagram."""
    parts = rtcp_packet.split(data)
    if parts is None or parts[0][0] not in {SR, RR} or not all(map(rtcp_packet.fits, parts)):
        return Claim.NO
    if context.announced == NAME:
        return Claim.YES
    return Claim.YES if any(part[0] in {SDES, BYE} for part in parts[1:]) else Claim.MORE


def confirm(seen: list[tuple[Direction, bytes]], context: Context) -> bool:  # noqa: ARG001
    """The same source in three reports of one side."""
    side, last = seen[-1]
    sources = [data[4:8] for other, data in seen if other == side and data[1:2] in {b"\xc8", b"\xc9"}]
    return len(last) >= 8 and sources.count(last[4:8]) >= 3


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._count = 0
        self._sent = Pending()  # a report may be quoted several times, so none is taken out

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram."""
        self._count += 1
        parts = rtcp_packet.split(data)
        if parts is None:
            raise ProtocolError("not RTCP")
        if self._count <= MAX_TOLD:
            found = next(filter(None, map(rtcp_packet.report, parts)), None)
            for mark in filter(None, map(rtcp_packet.sent, parts)):
                self._sent.ask((side, mark), now)
            yield RtcpReport(
                time=now,
                side=side,
                kinds=tuple(KINDS[part[0]] for part in parts),
                ssrc=f"{rtcp_packet.source(parts[0]):08x}",
                cname=next(filter(None, map(rtcp_packet.name, parts)), ""),
                loss=found[0] if found else None,
                lost=found[1] if found else None,
                jitter=found[2] if found else None,
                latency=self._latency(side, parts, now),
            )

    def _latency(self, side: Direction, parts: list[rtcp_packet.Part], now: int) -> int | None:
        quoted = next(filter(None, map(rtcp_packet.quoted, parts)), None)
        since = None if quoted is None else self._sent.since((1 - side, quoted[0]))
        return None if quoted is None or since is None else max(0, now - since - quoted[1])

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._count > MAX_TOLD else 0
