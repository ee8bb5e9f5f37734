"""MongoDB: commands, replies, logins, legacy and compressed messages."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import mongodb
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def document(**fields: Any) -> bytes:
    body = b""
    for name, value in fields.items():
        key = name.replace("_db", "$db").encode() + b"\0"
        if isinstance(value, str):
            body += b"\2" + key + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
        elif isinstance(value, float):
            body += b"\1" + key + struct.pack("<d", value)
        elif isinstance(value, int):
            body += b"\x10" + key + struct.pack("<i", value)
        elif value[:1] == b"\0":
            body += b"\5" + key + struct.pack("<i", len(value)) + b"\0" + value
        else:
            body += b"\3" + key + value
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def message(opcode: int, body: bytes, number: int = 1, answers: int = 0) -> bytes:
    return struct.pack("<iiii", 16 + len(body), number, answers, opcode) + body


def msg(number: int = 1, answers: int = 0, flags: int = 0, **fields: Any) -> bytes:
    return message(2013, struct.pack("<iB", flags, 0) + document(**fields), number, answers)


def test_command_and_reply_by_number() -> None:
    asked = msg(1, find="pets", _db="zoo") + msg(2, count="cats", _db="zoo")
    seen = said(
        mongodb, (OUT, asked), (IN, msg(9, 2, n=3, ok=1.0) + msg(10, 1, ok=0.0, errmsg="no", code=59))
    )
    assert [(one.command, one.database, one.collection) for one in seen[:2]] == [
        ("find", "zoo", "pets"), ("count", "zoo", "cats")]  # fmt: skip
    assert (seen[2].command, seen[2].ok, seen[2].affected, seen[2].latency) == ("count", True, 3, SECOND)
    assert (seen[3].collection, seen[3].ok, seen[3].code, seen[3].error) == ("pets", False, 59, "no")


def test_command_behind_a_section_of_documents() -> None:
    many = b"documents\0" + document(name="hush")
    sections = b"\1" + struct.pack("<i", 4 + len(many)) + many + b"\0" + document(insert="pets", _db="zoo")
    (seen,) = said(mongodb, (OUT, message(2013, bytes(4) + sections)))
    assert (seen.command, seen.collection) == ("insert", "pets")
    assert "hush" not in repr(seen)


def test_hello_names_program_and_driver() -> None:
    client = document(application=document(name="till"), driver=document(name="nodejs", version="6.3"))
    (seen,) = said(
        mongodb,
        (OUT, message(2004, bytes(4) + b"admin.$cmd\0" + bytes(8) + document(isMaster=1, client=client))),
    )
    assert (seen.command, seen.database, seen.application, seen.driver) == (
        "isMaster",
        "admin",
        "till",
        "nodejs 6.3",
    )


@pytest.mark.parametrize(
    ("mechanism", "payload", "clear"),
    [("PLAIN", b"\0ann\0hush", True), ("SCRAM-SHA-256", b"\0n,,n=ann,r=hush", False)],
)
def test_login(mechanism: str, payload: bytes, clear: bool) -> None:
    (seen,) = said(mongodb, (OUT, msg(saslStart=1, mechanism=mechanism, payload=payload, _db="$external")))
    assert (seen.mechanism, seen.credentials, seen.user) == (mechanism, clear, "ann")
    assert "hush" not in repr(seen)


def test_compressed_legacy_and_unanswered_messages() -> None:
    packed = message(2012, struct.pack("<iiB", 2013, 99, 2) + b"junk", 3)
    legacy = message(2002, bytes(4) + b"zoo.pets\0" + document(a=1), 4)
    seen = said(
        mongodb, (OUT, packed + legacy + msg(5, flags=2, insert="pets", _db="zoo")), (IN, msg(9, 3, ok=1.0))
    )
    assert [one.command for one in seen] == ["compressed", "insert", "insert", "compressed"]
    assert (seen[0].compressor, seen[1].database, seen[1].collection) == ("zlib", "zoo", "pets")


def test_claims() -> None:
    assert asks(mongodb, msg(ping=1), hinted=False) is Claim.YES
    assert asks(mongodb, message(2004, bytes(4) + b"admin.$cmd\0" + bytes(8) + document(ping=1))) is Claim.YES
    assert asks(mongodb, message(1, bytes(20) + document(ok=1.0), 2, 1)) is Claim.YES
    for wrong in (
        message(2013, b"\xff" * 40),
        message(2004, bytes(4) + b"nodot\0" + bytes(40)),
        message(77, bytes(40)),
    ):
        assert asks(mongodb, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [message(77, bytes(9)), message(2013, b"\0\0\0\0\7" + bytes(9)), message(2004, bytes(3))]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(mongodb, (OUT, wrong))
