"""C37.118: frames with their checksums."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import synchrophasor
from procwire.dpi.wire.crc16 import ccitt
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said
from tests.dpi.talking import rows


def frame(kind: int, body: bytes, stream: int = 7) -> bytes:
    head = struct.pack("!BBHHII", 0xAA, kind << 4 | 1, 16 + len(body), stream, 1_700_000_000, 0)
    return head + body + struct.pack("!H", ccitt(head + body))


COMMAND = frame(4, b"\0\5")
CONFIGURATION = frame(3, struct.pack("!IH", 1_000_000, 2) + b"Station A       " + bytes(40))


def test_command_configuration_and_the_first_data() -> None:
    seen = said(synchrophasor, (OUT, COMMAND), (IN, CONFIGURATION + frame(0, bytes(20)) * 3))
    assert [one.frame for one in seen] == ["command", "configuration-2", "data"]
    assert (seen[0].command, seen[0].stream, seen[0].measured) == (
        "send-configuration-2",
        7,
        1_700_000_000 * 10**9,
    )
    assert (seen[1].station, seen[1].units, seen[1].version) == ("Station A", 2, 1)


def test_a_command_is_paired_with_what_it_asked_for() -> None:
    seen = said(
        synchrophasor, (OUT, COMMAND), (IN, CONFIGURATION), (OUT, frame(4, b"\0\2")), (IN, frame(0, bytes(9)))
    )
    assert [one.latency for one in seen] == [None, SECOND, None, SECOND]
    assert said(synchrophasor, (OUT, COMMAND), (IN, frame(3, CONFIGURATION[14:-2], 8)))[1].latency is None


def test_real_unit_and_concentrator() -> None:
    seen = rows("synchrophasor/session", "synchrophasor")
    assert [one["frame"] for one in seen if "latency" in one] == ["header", "configuration-2", "data"]
    assert [one["station"] for one in seen if "station" in one] == ["Station A"]


def test_claims() -> None:
    for transport in ("tcp", "udp"):
        assert asks(synchrophasor, COMMAND, transport=transport, hinted=False) is Claim.YES
    assert asks(synchrophasor, COMMAND[:10]) is Claim.MORE
    for wrong in (COMMAND[:-1] + b"\0", b"\xaa\x77", b"\xaa\x41\0\3"):
        assert asks(synchrophasor, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [COMMAND[:-1] + b"\0", b"\xaa\x71\0\x10", b"\xab", b"\xaa\x41\0\3"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(synchrophasor, (OUT, wrong))
