"""Zabbix: passive and active checks."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import zabbix
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def framed(text: bytes, flags: int = 1) -> bytes:
    width = "<QQ" if flags & 4 else "<II"
    return b"ZBXD" + bytes([flags]) + struct.pack(width, len(text), 0) + text


def test_passive_check_and_what_is_not_supported() -> None:
    asked, answer = said(
        zabbix, (OUT, framed(b"vfs.fs.size[/]\n")), (IN, framed(b"ZBX_NOTSUPPORTED\0No such key."))
    )
    assert (asked.request, asked.keys, asked.message) == ("passive check", ("vfs.fs.size[/]",), "request")
    assert (answer.error, answer.latency, answer.message) == ("No such key.", SECOND, "response")


def test_sender_and_its_answer() -> None:
    sent = framed(
        b'{"request":"sender data","data":[{"host":"box","key":"load","value":"hush"},{"key":7},3]}'
    )
    asked, answer = said(zabbix, (OUT, sent), (IN, framed(b'{"response":"success","info":"processed: 1"}')))
    assert (asked.request, asked.host, asked.keys) == ("sender data", "box", ("load",))
    assert (answer.response, answer.info) == ("success", "processed: 1")
    assert "hush" not in repr(asked)


def test_large_compressed_and_long_messages_are_told() -> None:
    (packed,) = said(zabbix, (OUT, framed(b"\x78\x9cjunk", 3)))
    (large,) = said(zabbix, (OUT, framed(b'{"request":"x"}', 5)))
    (long,) = said(zabbix, (OUT, framed(b'{"request":"x","data":"' + b"y" * 20_000 + b'"}')))
    assert (packed.compressed, large.request, long.size_bytes) == (True, "x", 20_025)


def test_claims() -> None:
    assert asks(zabbix, framed(b"x"), hinted=False) is Claim.YES
    assert asks(zabbix, b"ZBX") is Claim.MORE
    for wrong in (framed(b"x", 2), framed(b"x", 9), b"ZBXD\1\xff\xff\xff\xff\0\0\0\0", b"ZZ"):
        assert asks(zabbix, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"x" * 20, framed(b"{nonsense"), framed(b'{"a":' * 50)])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(zabbix, (OUT, wrong))
