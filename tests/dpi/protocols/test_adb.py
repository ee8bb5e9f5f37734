"""ADB: messages as ``protocol.txt`` lays them out."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import adb
from procwire.model.observation import Upgraded
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said
from tests.vectors.adb.make import message

CONNECT = message(b"CNXN", 1 << 24, 4096, b"host::features=cmd\0")


def test_banner_login_and_streams() -> None:
    sent = message(b"AUTH", 2, 0, b"hush") + message(b"OPEN", 5, 0, b"shell:id\0")
    seen = said(
        adb,
        (OUT, CONNECT),
        (IN, message(b"AUTH", 1, 0, bytes(20))),
        (OUT, sent),
        (IN, message(b"OKAY", 9, 5)),
    )
    assert [one.message for one in seen] == ["connect", "auth", "auth", "open", "ready"]
    assert (seen[0].banner, seen[1].auth, seen[2].auth) == ("host::features=cmd", "token", "signature")
    assert (seen[3].service, seen[4].stream, seen[4].latency) == ("shell:id", 9, SECOND)
    assert "hush" not in repr(seen)


def test_data_is_passed_over_and_ready_is_told_once() -> None:
    fed = parser(adb)
    list(fed.feed(OUT, CONNECT + message(b"WRTE", 5, 9, bytes(50_000))[:3000], now=1))
    assert fed.skip(OUT) == 50_024 - 3000
    assert list(fed.feed(IN, message(b"OKAY", 9, 5), now=2)) == []


def test_tls_is_handed_on() -> None:
    tls = message(b"STLS", 1 << 24, 0)
    seen = said(adb, (OUT, CONNECT), (IN, tls), (OUT, tls))
    assert [one.hint for one in seen if isinstance(one, Upgraded)] == ["tls"]


def test_claims() -> None:
    assert asks(adb, CONNECT, hinted=False) is Claim.YES
    assert asks(adb, CONNECT[:9]) is Claim.MORE
    assert asks(adb, b"CNXN" + bytes(30)) is Claim.NO
    assert asks(adb, b"OPTIONS / HTTP/1.1\r\n\r\n") is Claim.NO


@pytest.mark.parametrize("wrong", [b"x" * 30, b"OKAY" + bytes(20)])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(adb, (OUT, wrong))


def test_requests_to_its_own_server() -> None:
    asked = b"000chost:version" + b"0012host:transport-any"
    seen = said(adb, (OUT, asked), (IN, b"OKAY00040029"), (OUT, b"0008shell:id"))
    assert [one.service for one in seen] == ["host:version", "host:transport-any", "shell:id"]
    assert asks(adb, asked, hinted=False) is Claim.YES
    assert asks(adb, b"000cho") is Claim.MORE
    assert asks(adb, b"0x00") is Claim.NO
    assert refuses(adb, (OUT, asked), (OUT, b"zzzz"))
