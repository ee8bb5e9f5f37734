"""NetBIOS: sessions and announcements of real programs, refusals, what is no such message."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import netbios
from tests.dpi.talking import IN, OUT, apps, claimed, context, hints, rows, talk

TCP, UDP = context("tcp", 139), context("udp", 138)
NAME = b"\x20" + b"EGFCEFEECACACACACACACACACACACACA" + b"\0"  # "FRED", RFC 1001 section 14.1
REQUEST = b"\x81\0\0\x44" + NAME + NAME
DATAGRAM = b"\x11\x02\0\1\x0a\0\0\1\0\x8a\0\x56\0\0" + NAME + NAME + b"\xffSMB%" + bytes(13)


def test_session_and_announcement() -> None:
    said = rows("netbios/announcement", "netbios")
    announced = next(line for line in said if line.get("command") == "host-announcement")
    assert (announced["hostname"], announced["comment"]) == ("FILESERVER", "files of the office")
    assert (announced["destination"], announced["destination_type"]) == ("OFFICE", "master-browser")
    asked = next(line for line in said if line["message"] == "session-request")
    assert (asked["destination"], asked["destination_type"]) == ("FILESERVER", "file-server")
    assert {"nbns", "netbios", "smb"} == {app for app, _ in apps("netbios/announcement")}


def test_accepted_session_is_handed_on() -> None:
    seen = talk(netbios, TCP, (OUT, REQUEST), (IN, b"\x82\0\0\0\0\0\0\x20"))
    assert hints(seen) == ["smb"]
    assert (seen[0].source, seen[1].latency) == ("FRED", 100)


def test_refused_session() -> None:
    seen = talk(netbios, TCP, (OUT, REQUEST), (IN, b"\x83\0\0\1\x82"))
    assert (seen[1].error, hints(seen)) == ("name-not-present", [])


def test_claims() -> None:
    assert claimed(netbios, REQUEST, TCP)
    assert netbios.claims(REQUEST[:20], OUT, TCP) is Claim.MORE
    assert netbios.claims(b"\x82\0\0\0", OUT, TCP) is Claim.NO
    assert not claimed(netbios, REQUEST.replace(b"EGFC", b"egf!"), TCP)
    assert claimed(netbios, DATAGRAM, UDP)
    assert not claimed(netbios, DATAGRAM[:80], UDP)
    assert not claimed(netbios, b"\x09" + DATAGRAM[1:], UDP)


def test_malformed() -> None:
    for where, data in (
        (TCP, b"\x81\1"),
        (TCP, b"\x81\0\0\x10"),
        (TCP, REQUEST[:10] + b"\xff" * 62),
        (UDP, b"\x11"),
    ):
        with pytest.raises(ProtocolError):
            talk(netbios, where, (OUT, data))
