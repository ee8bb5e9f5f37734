"""RTP: shape, figures, what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, ProtocolError
from procwire.dpi.protocols import rtp
from tests.dpi.hearing import OUT, claimed, heard, recited

WHERE = Context(transport="udp")


def packet(number: int, ticks: int, *, source: int = 7, kind: int = 96, head: int = 0x80) -> bytes:
    return (
        bytes([head, kind]) + number.to_bytes(2, "big") + ticks.to_bytes(4, "big")
        + source.to_bytes(4, "big") + bytes(20)
    )  # fmt: skip


def test_figures_of_a_stream() -> None:
    first, last = recited(rtp, "pcmu")
    assert (first.codec, first.ssrc, first.packets) == ("PCMU", "deadbeef", 3)
    assert (last.packets, last.lost, last.media_bytes, last.lasted) == (5, 1, 800, 40)
    assert last.jitter is not None


def test_codecs_that_were_announced() -> None:
    parser: Any = rtp.Parser(Context(transport="udp", announced="rtp", note="96=opus/48000"))
    seen = [one for n in range(1, 6) for one in parser.feed(OUT, packet(n, n * 960), now=n * 20_000_000)]
    (last,) = parser.finish(1)
    assert (seen[0].codec, last.codec, last.jitter) == ("opus", "opus", 0)


def test_three_packets_of_one_source_are_needed() -> None:
    seen = [(OUT, packet(n, n * 160)) for n in range(1, 4)]
    assert claimed(rtp, seen[0][1], transport="udp") == "need more"
    assert not rtp.confirm(seen[:2], WHERE)
    assert rtp.confirm(seen, WHERE)
    told = Context(transport="udp", announced="rtp")
    assert rtp.claims(seen[0][1], OUT, told) is Claim.YES


@pytest.mark.parametrize(
    "others",
    [
        [packet(n, n, source=n) for n in range(1, 4)],
        [packet(7, 1)] * 3,
        [packet(1, 1), packet(20000, 2), packet(3, 3)],
        [packet(1, 1), packet(2, 1 << 30), packet(3, 3 << 30)],
        [packet(n, n, source=0) for n in range(1, 4)],
    ],
)
def test_what_only_looks_like_it(others: list[bytes]) -> None:
    assert not rtp.confirm([(OUT, data) for data in others], WHERE)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x60" + bytes(5),
        packet(1, 1, head=0x40),
        packet(1, 1, kind=72),
        packet(1, 1, kind=50),
        packet(1, 1, head=0x8F),
        packet(1, 1, head=0xA0)[:-1] + b"\xff",
    ],
)
def test_what_is_no_packet(data: bytes) -> None:
    assert claimed(rtp, data, transport="udp") == "no"


def test_bounds() -> None:
    seen = heard(rtp, *[(OUT, packet(n, n, source=n)) for n in range(1, 1000)], transport="udp")
    assert seen == []
    with pytest.raises(ProtocolError):
        heard(rtp, (OUT, b"\xff\xff\xff\xff"), transport="udp")
