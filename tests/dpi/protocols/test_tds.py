"""TDS: prelogin and login as [MS-TDS] section 4 shows them, requests, errors, TLS inside."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import tds
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said
from tests.dpi.talking import rows

# [MS-TDS] section 4.1
PRELOGIN = bytes.fromhex(
    "1201002f0000010000001a00060100200001020021000103002200040400260001ff090000000000010 0b80d000001".replace(
        " ", ""
    )
)


def packet(kind: int, body: bytes, status: int = 1) -> bytes:
    return struct.pack("!BBHHBB", kind, status, 8 + len(body), 0, 1, 0) + body


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def login(password: str = "") -> bytes:
    texts = ["pc", "ann", password, "till", "db", "", "ODBC", "", "shop"]
    offset, pairs, data = 94, b"", b""
    for text in texts:
        pairs += struct.pack("<HH", offset + len(data), len(text))
        data += wide(text)
    head = struct.pack("<IIIIIIBBBBiI", 94 + len(data), 0x74000004, 4096, 7, 1, 0, 0, 0, 0, 0, 0, 0)
    return packet(0x10, head + pairs.ljust(58, b"\0") + data)


def batch(text: str, status: int = 1) -> bytes:
    return packet(1, tds.ALL_HEADERS + bytes(12) + wide(text), status)


DONE = b"\xfd" + bytes(12)


def test_prelogin_of_the_specification() -> None:
    (seen,) = said(tds, (OUT, PRELOGIN))
    assert (seen.version, seen.encryption) == ("9.0.0", "on")


def test_login_and_its_outcome() -> None:
    name = "Microsoft SQL Server"
    body = b"\1\x74\0\0\4" + bytes([len(name)]) + wide(name) + b"\x10\0\x0f\xa0"
    seen = said(
        tds, (OUT, login("hush")), (IN, packet(4, b"\xad" + struct.pack("<H", len(body)) + body + DONE))
    )
    assert (seen[0].user, seen[0].host, seen[0].application, seen[0].database) == (
        "ann",
        "pc",
        "till",
        "shop",
    )
    assert (seen[0].credentials, seen[0].library, seen[0].server) == (True, "ODBC", "db")
    assert (seen[1].accepted, seen[1].server_software, seen[1].latency) == (True, f"{name} 16.0.4000", SECOND)
    assert "hush" not in repr(seen)


def test_batch_in_two_packets_and_an_error() -> None:
    text = "no table"
    body = struct.pack("<iBBH", 208, 1, 16, len(text)) + wide(text)
    asked = batch("create login b with password = 'hush'", 0) + packet(1, wide(" more"))
    request, response = said(
        tds, (OUT, asked), (IN, packet(4, b"\xaa" + struct.pack("<H", len(body)) + body))
    )
    assert request.query == "create login b with password = ***"
    assert (response.code, response.error, response.kind) == (208, "no table", "batch")


def test_procedure_calls() -> None:
    named = packet(3, tds.ALL_HEADERS + bytes(12) + struct.pack("<H", 6) + wide("refill") + b"\0\0")
    text = wide("select 1")
    inner = b"\0\0" + b"\0\0\xe7\x40\x1f" + bytes(5) + struct.pack("<H", len(text)) + text
    numbered = packet(3, tds.ALL_HEADERS + bytes(12) + b"\xff\xff\x0a\0" + inner)
    seen = said(tds, (OUT, named + numbered))
    assert [(one.procedure, one.query) for one in seen] == [("refill", ""), ("sp_executesql", "select 1")]


def test_tls_inside_is_noticed_once_and_records_are_passed_over() -> None:
    hello = packet(0x12, b"\x16\x03\x01\0\x05hello")
    record = b"\x17\x03\x03\0\x04\xde\xad\xbe\xef"
    seen = said(
        tds, (OUT, PRELOGIN), (IN, packet(4, PRELOGIN[8:])), (OUT, hello + hello + record + batch("select 1"))
    )
    assert [one.message for one in seen] == ["prelogin", "prelogin", "encrypted", "request"]


def test_claims() -> None:
    for data in (PRELOGIN, login(), batch("x")):
        assert asks(tds, data, hinted=False) is Claim.YES
    assert asks(tds, PRELOGIN[:10]) is Claim.MORE
    for wrong in (
        packet(0x12, b"\1" * 30),
        packet(1, bytes(30)),
        packet(0x10, bytes(90)),
        b"\x12\xff",
        b"\x12\1\0\x02",
    ):
        assert asks(tds, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [packet(0x12, b"\0" * 90), packet(0x63, b""), b"\1\1\0\3\0\0\0\0", login()[:40]]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    fixed = wrong[:2] + struct.pack("!H", max(8, len(wrong))) + wrong[4:] if len(wrong) == 40 else wrong
    assert refuses(tds, (OUT, PRELOGIN), (OUT, fixed))


def test_requests_of_old_versions_need_the_port() -> None:
    old = packet(1, wide("COMMIT TRAN"))
    call = packet(3, struct.pack("<H", 13) + wide("sp_executesql") + b"\2\0")
    for data in (old, call):
        assert asks(tds, data) is Claim.YES
        assert asks(tds, data, hinted=False) is Claim.NO
    assert said(tds, (OUT, old))[0].query == "COMMIT TRAN"


def test_login_of_version_4() -> None:
    fields = b"".join(text.ljust(30, b"\0") + bytes([len(text)]) for text in (b"pc", b"ann", b"hush"))
    old = packet(2, fields.ljust(504, b"\0"))
    assert asks(tds, old) is Claim.YES
    assert asks(tds, old, hinted=False) is Claim.NO
    (seen,) = said(tds, (OUT, old))
    assert (seen.host, seen.user, seen.credentials) == ("pc", "ann", True)
    assert "hush" not in repr(seen)


def test_tls_inside_packets_is_read_as_any_other() -> None:
    (one,) = rows("tds/tls", "flow")
    assert (one["app"], one["tls_version"]) == ("tds", "TLSv1.2")
    assert one["ja4"].startswith("t13i")
    assert "certificate-self-signed" in one["risks"]
    assert [line["common_name"] for line in rows("tds/tls", "tls_certificate")] == ["sql.example.com"]
    assert len(rows("tds/tls", "tds", message="encrypted")) == 1


def test_tls_that_is_none_or_cut_ends_its_reading_alone() -> None:
    packet = bytes([0x12, 1, 0, 16, 0, 0, 0, 0]) + b"\x16\x03\x01\xff\xff\0\0\0"
    seen = said(tds, (OUT, packet), (OUT, packet))
    assert [type(one).__name__ for one in seen] == ["TdsEncrypted"]
