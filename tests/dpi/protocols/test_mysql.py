"""MySQL: greeting, login, commands and what answers them."""

from __future__ import annotations

import struct

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import mysql
from procwire.model.observation import Upgraded
from tests.dpi.hearing import unanswered
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said

ALL = mysql.PROTOCOL_41 | mysql.WITH_DB | mysql.PLUGIN | mysql.TLS | mysql.ATTRIBUTES


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body


def greeting(version: bytes = b"8.0.36", offers: int = ALL) -> bytes:
    low, high = struct.pack("<H", offers & 0xFFFF), struct.pack("<H", offers >> 16)
    salt = b"saltsalt\0" + low + b"\x21\x02\0" + high + b"\x15" + bytes(10) + b"moresaltmore\0"
    return packet(0, b"\x0a" + version + b"\0" + bytes(4) + salt + b"caching_sha2_password\0")


def login(plugin: bytes = b"caching_sha2_password", wants: int = ALL & ~mysql.TLS) -> bytes:
    told = b"\x0cprogram_name\x04till"
    body = struct.pack("<IIB", wants, 1 << 24, 33) + bytes(23) + b"ann\0\x04hushshop\0" + plugin + b"\0"
    return packet(1, body + bytes([len(told)]) + told)


OK = packet(2, b"\0\0\0\2\0\0\0")
BEGUN = [(IN, greeting()), (OUT, login()), (IN, OK)]


def test_greeting_login_and_outcome() -> None:
    server, client, outcome = said(mysql, *BEGUN)
    assert (server.version, server.plugin, server.offers_tls) == ("8.0.36", "caching_sha2_password", True)
    assert (client.user, client.database, client.program, client.clear) == ("ann", "shop", "till", False)
    assert (outcome.accepted, outcome.latency) == (True, SECOND)
    assert "hush" not in repr(client)


def test_password_in_clear_and_a_refusal() -> None:
    refusal = packet(2, b"\xff\x15\x04#28000Access denied")
    _, client, outcome = said(mysql, (IN, greeting()), (OUT, login(b"mysql_clear_password")), (IN, refusal))
    assert client.clear
    assert (outcome.accepted, outcome.code, outcome.error) == (False, 1045, "Access denied")


def test_statement_and_rows_and_masked_password() -> None:
    ask = packet(0, b"\x03create user bob identified by 'hush'")
    rows = packet(1, b"\x02") + packet(2, b"\x03defsomething") + packet(3, b"\xfe\0\0\2\0")
    seen = said(
        mysql,
        *BEGUN,
        (OUT, packet(0, b"\x03select 1, 2")),
        (IN, rows),
        (OUT, ask),
        (IN, packet(1, b"\0\0\0")),
    )
    assert (seen[4].result, seen[4].columns, seen[4].latency) == ("rows", 2, SECOND)
    assert seen[5].query == "create user bob identified by ***"
    assert (seen[6].result, seen[6].affected) == ("ok", 0)


def test_tls_is_handed_on_with_what_came_behind() -> None:
    request = packet(1, struct.pack("<IIB", ALL, 1 << 24, 33) + bytes(23))
    fed = parser(mysql)
    list(fed.feed(IN, greeting(), now=1))
    seen = list(fed.feed(OUT, request + b"\x16\x03\x01", now=2))
    assert isinstance(seen[-1], Upgraded)
    assert (seen[0].tls, seen[-1].hint, fed.remainder(OUT)) == (True, "tls", b"\x16\x03\x01")


def test_compressed_session_is_named_and_left_alone() -> None:
    wants = ALL & ~mysql.TLS | mysql.COMPRESS
    steps = [
        (IN, greeting(offers=ALL | mysql.COMPRESS)),
        (OUT, login(wants=wants)),
        (IN, OK),
        (OUT, b"\x99" * 90),
    ]
    assert len(said(mysql, *steps)) == 3


def test_refused_host() -> None:
    refusal = packet(0, b"\xff\x6a\x04Host '10.0.0.1' is not allowed to connect")
    (seen,) = said(mysql, (IN, refusal))
    assert (seen.code, seen.error.startswith("Host")) == (1130, True)
    assert asks(mysql, refusal) is Claim.YES


def test_claims() -> None:
    assert asks(mysql, greeting(), hinted=False) is Claim.YES
    assert asks(mysql, greeting(b"5.5.5-10.11.6-MariaDB")) is Claim.YES
    assert asks(mysql, greeting(b"x.y")) is Claim.NO
    assert asks(mysql, b"\x4a\0\0\x01\x0a5.7") is Claim.NO
    assert asks(mysql, greeting()[:20]) is Claim.MORE


def test_nonsense_is_refused() -> None:
    assert refuses(mysql, *BEGUN, (OUT, packet(0, b"\x77")))


def test_switch_to_a_password_in_clear() -> None:
    switch = packet(2, b"\xfemysql_clear_password\0")
    steps = [(IN, greeting()), (OUT, login()), (IN, switch), (OUT, packet(3, b"hush\0"))]
    seen = said(mysql, *steps, (IN, packet(4, OK[4:])))
    assert (seen[-1].accepted, seen[-1].clear) == (True, True)
    assert "hush" not in repr(seen)


def test_what_no_answer_comes_to_is_told() -> None:
    quit, ask = (OUT, packet(0, b"\x01")), (OUT, packet(0, b"\x03select 1"))
    answered = (IN, packet(1, b"\x02"))
    assert unanswered(mysql, *BEGUN, ask) == [(OUT, "query select 1", 1, 10)]
    assert unanswered(mysql, *BEGUN[:2]) == [(OUT, "login ann", 1, 10)]
    assert unanswered(mysql, *BEGUN, ask, answered) == unanswered(mysql, *BEGUN, quit) == []
