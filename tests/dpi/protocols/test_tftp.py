"""TFTP: transfers of real programs, refusals, blocks out of order."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, ProtocolError
from procwire.dpi.protocols import tftp
from tests.dpi.hearing import announced, heard
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP = context("udp", 69)
READ = b"\0\1boot/a\0OCTET\0blksize\x0016\0"


def test_transfers() -> None:
    said = rows("tftp/boot", "tftp")
    assert [line["message"] for line in said] == ["read", "options", "done", "read", "error", "read", "done"]
    assert (said[0]["file"], said[0]["mode"]) == ("pxelinux.0", "octet")
    assert [line["transferred"] for line in said if line["message"] == "done"] == [1280, 1280]
    assert said[4]["error"].startswith("file-not-found: ")
    assert all(line["latency"] > 0 for line in said if line["message"] != "read")
    assert apps("tftp/boot") == {("tftp", "content")}


def test_the_file_comes_from_another_port() -> None:
    assert announced(tftp, (OUT, READ), transport="udp", port=69) == [(0, "tftp", "", 40000, "boot/a")]
    block = b"\0\3\0\1last"
    told = Context(transport="udp", announced="tftp", note="boot/a")
    assert tftp.claims(block, OUT, told) is Claim.YES
    assert tftp.claims(block, OUT, Context(transport="udp")) is Claim.NO
    assert tftp.claims(b"\0\x09\0\1", OUT, told) is Claim.NO
    parser: Any = tftp.Parser(told)
    (seen,) = parser.feed(OUT, block, now=5)
    assert (seen.message, seen.file, seen.transferred) == ("done", "boot/a", 4)
    assert heard(tftp, (OUT, b"\0\4\0\1"), transport="udp") == []


def test_blocks() -> None:
    full, last = b"\0\3\0\1" + bytes(16), b"\0\3\0\2" + bytes(3)
    seen = talk(
        tftp,
        UDP,
        (OUT, READ),
        (IN, b"\0\6blksize\x0016\0"),
        (IN, full),
        (IN, full),
        (OUT, b"\0\4\0\1"),
        (IN, last),
    )
    assert [one.message for one in seen] == ["read", "options", "done"]
    assert (seen[0].mode, seen[0].options, seen[2].transferred) == ("octet", ("blksize=16",), 19)


def test_claims() -> None:
    assert claimed(tftp, READ, context("udp", 9))
    assert not claimed(tftp, b"\0\1\0octet\0", UDP)
    assert not claimed(tftp, b"\0\1name\0telepathy\0", UDP)
    assert not claimed(tftp, b"\0\1na\x07me\0octet\0", UDP)
    assert not claimed(tftp, READ[:-1], UDP)
    assert not claimed(tftp, b"\0\3\0\1" + bytes(512), UDP)


@pytest.mark.parametrize("data", [b"", b"\0\1", b"\0\7\0\0", READ[:-1]])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(tftp, UDP, (OUT, data))


def test_a_server_that_answers_from_other_ports() -> None:
    assert apps("tftp/ports") == {("tftp", "content")}
    assert [line["transferred"] for line in rows("tftp/ports", "tftp", message="done")] == [1280, 1280]
    asked = {line["flow_id"] for line in rows("tftp/ports", "flow", dst_port=69)}
    others = [line for line in rows("tftp/ports", "flow") if line["dst_port"] != 69]
    assert {line["announced_by"] for line in others} == asked
    assert not any(line.get("risks") for line in others)
