"""IEC 104: frames of each format."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import iec104
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said

START = bytes.fromhex("680407000000")


def unit(kind: int, cause: int, place: int, station: int = 3) -> bytes:
    body = bytes([kind, 1, cause, 0]) + station.to_bytes(2, "little") + place.to_bytes(3, "little") + b"\1"
    return bytes([0x68, 4 + len(body)]) + bytes(4) + body


def test_commands_are_matched_by_type_station_and_object() -> None:
    asked = unit(45, 6, 11) + unit(45, 6, 12) + unit(100, 6, 0, 0xFFFF)
    seen = said(iec104, (OUT, asked), (IN, unit(45, 0x47, 12) + unit(100, 7, 0)))
    assert (seen[0].type, seen[0].cause, seen[0].object, seen[0].command) == (
        "C_SC_NA_1",
        "activation",
        11,
        True,
    )
    assert (seen[3].negative, seen[3].object, seen[3].latency) == (True, 12, SECOND)
    assert (seen[4].type, seen[4].station, seen[4].latency) == ("C_IC_NA_1", 3, SECOND)


def test_control_frames() -> None:
    seen = said(iec104, (OUT, START), (IN, bytes.fromhex("68040b000000") + bytes.fromhex("680401000400")))
    assert [(one.function, one.latency) for one in seen] == [("STARTDT act", None), ("STARTDT con", SECOND)]


def test_claims() -> None:
    assert asks(iec104, START, hinted=False) is Claim.YES
    assert asks(iec104, unit(13, 3, 1)) is Claim.YES
    assert asks(iec104, unit(13, 3, 1), hinted=False) is Claim.NO
    for wrong in (b"\x68\3", b"\x68\x04\x07\1\0\0", unit(200, 3, 1), unit(13, 63, 1)):
        assert asks(iec104, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [b"\x67\4", b"\x68\xff", unit(200, 3, 1), b"\x68\4\x0f\0\0\0", b"\x68\5\0\0\0\0\0"]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(iec104, (OUT, START), (IN, wrong))
