"""S7comm: connections, jobs, what they name, S7comm-plus."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import s7comm
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def packet(body: bytes) -> bytes:
    return struct.pack("!BBH", 3, 0, 4 + len(body)) + body


def job(kind: int, parameter: bytes, data: bytes = b"", number: int = 5) -> bytes:
    error = b"\0\0" if kind in {2, 3} else b""
    head = struct.pack("!BBHHHH", 0x32, kind, 0, number, len(parameter), len(data)) + error
    return packet(b"\2\xf0\x80" + head + parameter + data)


CONNECT = packet(bytes.fromhex("11e00000000100c0010ac1020100c2020102"))
READ = job(1, b"\4\2" + bytes.fromhex("120a10020004000184000020") + bytes.fromhex("120a10010001000083000050"))


def test_read_and_its_answer() -> None:
    seen = said(s7comm, (OUT, CONNECT + READ), (IN, job(3, b"\4\2", b"\x0a\0\0\0")))
    assert (seen[0].calling, seen[0].called, seen[0].rack, seen[0].slot) == ("0100", "0102", 0, 2)
    assert (seen[1].function, seen[1].variables) == ("read", ("DB1.4.0 x4", "M10.0 x1"))
    assert (seen[2].error, seen[2].latency) == ("no-such-object", SECOND)


def test_stop_setup_userdata_and_plus() -> None:
    sent = job(1, b"\x29" + bytes(5)) + job(1, b"\xf0\0\0\1\0\1\1\xe0") + job(7, b"\0\1\x12\4\x11\x44\1\0")
    seen = said(s7comm, (OUT, sent + packet(b"\2\xf0\x80\x72\3\0\4abcd")))
    assert [(one.message, one.function) for one in seen] == [
        ("job", "plc-stop"), ("job", "setup"), ("userdata", "cpu 0x01"), ("plus", "")]  # fmt: skip
    assert (seen[0].write, seen[1].pdu_bytes, seen[3].version) == (True, 480, 3)


def test_claims() -> None:
    assert asks(s7comm, CONNECT) is Claim.MORE
    assert asks(s7comm, CONNECT + READ, hinted=False) is Claim.YES
    assert asks(s7comm, READ, hinted=False) is Claim.YES
    remote_desktop = packet(bytes.fromhex("27e00000000000") + b"Cookie: mstshash=ann\r\n")
    for wrong in (
        remote_desktop,
        CONNECT + packet(b"\2\xf0\x80\x0d\x01"),
        b"\3\0\0\3",
        b"\3\1",
        CONNECT + CONNECT,
    ):
        assert asks(s7comm, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [packet(b"\2\xf0\x80\x99\1"), packet(b"\2\x70\x80\x32\1"), b"\3\0\0\1", job(9, b"")]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(s7comm, (OUT, CONNECT), (IN, wrong))


def test_message_cut_short_by_its_sender_is_passed_over() -> None:
    seen = said(s7comm, (OUT, packet(b"\2\xf0\x80\x32") + READ))
    assert [one.message for one in seen] == ["job"]
