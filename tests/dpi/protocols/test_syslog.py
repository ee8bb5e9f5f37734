"""Syslog: both formats of a real program over both transports, the examples of the RFCs, free text."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import syslog
from tests.dpi.talking import OUT, apps, claimed, context, rows, talk

UDP, TCP = context("udp", 514), context("tcp", 514)
# RFC 5424 section 6.5, example 3, and RFC 3164 section 5.4, example 1.
NEW = (
    b'<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" '
    b'eventSource="App\\]lication" eventID="1011"] \xef\xbb\xbfAn application event'
)
OLD = b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"


def test_logger() -> None:
    said = rows("syslog/logger", "syslog")
    assert [line["format"] for line in said] == ["rfc3164", "rfc5424", "rfc5424", "rfc3164"]
    assert {(line["facility"], line["severity"], line["program"]) for line in said} == {
        ("cron", "error", "backup")
    }
    assert {line["hostname"] for line in said} == {said[0]["hostname"]}
    assert [line["text"] for line in said][1:] == ["disk is full", "counted", "ended by a line"]
    assert (said[1]["pid"], said[1]["message_id"]) == ("77", "DISK")
    assert 'free="0"' in said[1]["data"]
    assert apps("syslog/logger") == {("syslog", "content")}


def test_examples_of_the_specifications() -> None:
    new, old = talk(syslog, UDP, (OUT, NEW), (OUT, OLD))
    assert (new.facility, new.severity, new.hostname) == ("local4", "notice", "mymachine.example.com")
    assert (new.program, new.pid, new.message_id, new.text) == (
        "evntslog",
        "",
        "ID47",
        "An application event",
    )
    assert new.data.endswith('eventID="1011"]')
    assert (old.facility, old.severity, old.hostname, old.program) == ("auth", "critical", "mymachine", "su")
    assert old.text == "'su root' failed for lonvick on /dev/pts/8"


def test_free_text_only_on_the_port() -> None:
    data = b"<13>link of port 7 is down"
    assert claimed(syslog, data, UDP)
    assert not claimed(syslog, data, context("udp", 9))
    (seen,) = talk(syslog, UDP, (OUT, data))
    assert (seen.format, seen.text) == ("free", "link of port 7 is down")


def test_claims() -> None:
    assert claimed(syslog, NEW, context("udp", 9))
    assert claimed(syslog, b"%d %s" % (len(NEW), NEW), TCP)
    assert claimed(syslog, OLD + b"\n", TCP)
    assert not claimed(syslog, b"<192>" + OLD[4:], UDP)
    assert not claimed(syslog, b"<html>", TCP)
    assert syslog.claims(b"<34>Oct", OUT, TCP) is Claim.MORE
    assert syslog.claims(b"<34>free text\n", OUT, TCP) is Claim.NO


def test_structured_data_without_an_end() -> None:
    (seen,) = talk(syslog, UDP, (OUT, NEW[:80] + b'[a b="' + b"\\\\" * 3000))
    assert seen.data == ""


@pytest.mark.parametrize("data", [b"", b"<>", b"<999>x", b"x"])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(syslog, UDP, (OUT, data))
    with pytest.raises(ProtocolError):
        talk(syslog, TCP, (OUT, b"12345678 zzz"))
