"""NTP: a real server and client, commands, authentication, what no clock says."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import ntp
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP = context("udp", 123)
ASKED = b"\x23\0\6\x20" + bytes(36) + b"\xe0\0\0\1\0\0\0\1"
TOLD = b"\x24\1\6\xe7" + bytes(8) + b"GPS\0" + bytes(16) + b"\xe0\0\0\1\0\0\0\1" + b"\xee\0\0\0\x80\0\0\0"


def test_a_server_and_its_client() -> None:
    said = rows("ntp/chrony", "ntp")
    asked = [line for line in said if line["mode"] == "client"]
    told = [line for line in said if line["mode"] == "server"]
    assert len(asked) == len(told) >= 4
    assert all(0 < line["latency"] < 0.1 for line in told)
    assert {line["stratum"] for line in told} == {8}
    assert {line.get("authentication") for line in told} == {None, "key:7"}
    assert told[0]["server_time"][:16] == told[0]["time"][:16]
    assert said[-1]["command"] == "read-variables"
    assert apps("ntp/chrony") == {("ntp", "content")}


def test_reference_clock_and_kiss_code() -> None:
    asked, told = talk(ntp, UDP, (OUT, ASKED), (IN, TOLD))
    assert (asked.mode, asked.version) == ("client", 4)
    assert (told.reference, told.stratum, told.latency, told.root_delay) == ("GPS", 1, 100, 0)
    assert told.server_time == (0xEE000000 - 2_208_988_800) * 10**9 + 500_000_000
    (kiss,) = talk(ntp, UDP, (IN, TOLD[:1] + b"\0" + TOLD[2:12] + b"RATE" + TOLD[16:]))
    assert (kiss.kiss, kiss.reference) == ("RATE", "")


def test_nts_and_keys() -> None:
    unique = b"\x01\x04\x00\x24" + bytes(32)
    assert ntp.authentication(TOLD + unique + b"\x04\x04\x00\x28" + bytes(36)) == "nts"
    assert ntp.authentication(TOLD + b"\0\0\0\x09" + bytes(16)) == "key:9"
    assert ntp.authentication(TOLD) == ""


def test_commands_that_amplify() -> None:
    asked, told = talk(ntp, UDP, (OUT, b"\x17\0\3\x2a" + bytes(4)), (IN, b"\x97\0\3\x2a" + bytes(400)))
    assert (asked.command, asked.mode, told.answer, told.latency) == ("monlist", "private", True, 100)


def test_claims() -> None:
    assert claimed(ntp, ASKED, UDP)
    assert claimed(ntp, TOLD, context("udp", 9, src_port=123))
    assert not claimed(ntp, ASKED, context("udp", 9))
    assert not claimed(ntp, ASKED[:-1], UDP)
    assert not claimed(ntp, bytes(48), UDP)
    assert not claimed(ntp, TOLD[:1] + b"\x30" + TOLD[2:], UDP)
    assert not claimed(ntp, TOLD[:4] + b"\x40" + TOLD[5:], UDP)
    assert claimed(ntp, b"\x16\2" + bytes(10), UDP)
    assert not claimed(ntp, b"\x16\2" + bytes(10) + bytes(9), UDP)
    assert not claimed(ntp, b"\x17\0\3\x2a\0\1\0\x10", UDP)


@pytest.mark.parametrize("data", [b"", b"\x23", bytes(48), b"\x24" + bytes(47), b"\x16\x1f" + bytes(6)])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(ntp, UDP, (OUT, data))
