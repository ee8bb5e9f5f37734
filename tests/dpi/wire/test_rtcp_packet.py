"""RTCP's compound packets."""

from __future__ import annotations

from procwire.dpi.wire.rtcp_packet import BYE, SDES, fits, name, report, source, split
from tests.dpi.samples import dialogues


def test_compound_packet() -> None:
    ((_, data), (_, answer)) = dialogues("rtcp")[0].steps
    parts = split(data)
    assert parts is not None
    assert all(map(fits, parts))
    assert source(parts[0]) == 0xDEADBEEF
    assert report(parts[0]) == (0.25, -1, 33)
    assert (parts[1][0], name(parts[1])) == (SDES, "name@host.x")
    other = split(answer)
    assert other is not None
    assert other[1][0] == BYE
    assert report(other[0]) is None


def test_lengths_must_fill_the_datagram() -> None:
    data = dialogues("rtcp")[0].steps[0][1]
    for bad in (b"", data[:-1], data + b"\x80", b"\x40" + data[1:], b"\x80\x10\0\0"):
        assert split(bad) is None
    assert not fits((201, 3, bytes(20)))
