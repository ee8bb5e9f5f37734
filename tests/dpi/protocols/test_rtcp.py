"""RTCP: reports, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Context, ProtocolError
from procwire.dpi.protocols import rtcp
from tests.dpi.hearing import IN, OUT, claimed, heard, recited

EMPTY = b"\x80\xc9\0\1\xca\xfe\xba\xbe"


def test_round_trip_without_the_time_that_a_report_lay_there() -> None:
    """RFC 3550 section 6.4.1: LSR is the middle of the report's time, DLSR in 1/65536 s."""
    report = b"\x80\xc8\0\6\xca\xfe\xba\xbe" + b"\0\1\2\3\4\5\6\7" + bytes(12)
    block = b"\xca\xfe\xba\xbe" + bytes(12) + b"\2\3\4\5" + (1 << 15).to_bytes(4, "big")
    parser: Any = rtcp.Parser(Context(transport="udp"))
    (asked,) = parser.feed(OUT, report, now=1_000)
    (answer,) = parser.feed(IN, b"\x81\xc9\0\7\xde\xad\xbe\xef" + block, now=500_000_000 + 21_000)
    assert (asked.latency, answer.latency) == (None, 20_000)
    (alien,) = parser.feed(OUT, b"\x81\xc9\0\7\xde\xad\xbe\xef" + block, now=600_000_000)
    assert alien.latency is None


def test_report() -> None:
    seen = recited(rtcp, "report")
    assert (seen[0].kinds, seen[0].ssrc, seen[0].cname) == (
        ("sender-report", "names"),
        "deadbeef",
        "name@host.x",
    )
    assert (seen[0].loss, seen[0].lost, seen[0].jitter) == (0.25, -1, 33)
    assert (seen[1].kinds, seen[1].lost) == (("receiver-report", "bye"), None)


def test_one_report_alone_must_come_again() -> None:
    where = Context(transport="udp")
    assert claimed(rtcp, EMPTY, transport="udp") == "need more"
    assert not rtcp.confirm([(OUT, EMPTY)] * 2, where)
    assert not rtcp.confirm([(OUT, EMPTY), (IN, EMPTY), (OUT, EMPTY)], where)
    assert rtcp.confirm([(OUT, EMPTY)] * 3, where)


@pytest.mark.parametrize("data", [b"\x80\x00" + bytes(10), EMPTY[:-1], b"\x85\xc9\0\1\xca\xfe\xba\xbe"])
def test_what_is_none(data: bytes) -> None:
    assert claimed(rtcp, data, transport="udp") == "no"


def test_bad_datagram_and_bound() -> None:
    with pytest.raises(ProtocolError):
        heard(rtcp, (OUT, b"\x80\0"), transport="udp")
    assert len(heard(rtcp, *[(OUT, EMPTY)] * 1000, transport="udp")) == rtcp.MAX_TOLD
