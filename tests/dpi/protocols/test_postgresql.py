"""PostgreSQL: startup, login, statements and their outcomes."""

from __future__ import annotations

import struct

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import postgresql
from procwire.model.observation import Upgraded
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said


def packet(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", 4 + len(body)) + body


STARTUP = packet(b"", struct.pack("!I", 196608) + b"user\0ann\0database\0shop\0application_name\0till\0\0")
IN_ = packet(b"R", bytes(4)) + packet(b"Z", b"I")
TLS = struct.pack("!II", 8, postgresql.TLS)


def test_startup_names_user_database_and_program() -> None:
    (seen,) = said(postgresql, (OUT, STARTUP))
    assert (seen.user, seen.database, seen.application, seen.version) == ("ann", "shop", "till", "3.0")


def test_password_in_clear_is_reported_and_not_kept() -> None:
    steps = [
        (OUT, STARTUP),
        (IN, packet(b"R", struct.pack("!I", 3))),
        (OUT, packet(b"p", b"hush\0")),
        (IN, IN_),
    ]
    _, login = said(postgresql, *steps)
    assert (login.method, login.clear, login.accepted, login.latency) == ("password", True, True, 3 * SECOND)
    assert "hush" not in repr(login)


def test_extended_query_is_matched_to_its_outcome() -> None:
    asked = (
        packet(b"P", b"s1\0select $1\0\0\0")
        + packet(b"B", b"\0s1\0" + bytes(6))
        + packet(b"E", b"\0" + bytes(4))
    )
    done = packet(b"1") + packet(b"2") + packet(b"C", b"SELECT 1\0") + packet(b"Z", b"I")
    seen = said(postgresql, (OUT, STARTUP), (IN, IN_), (OUT, asked + packet(b"S")), (IN, done))
    assert (seen[2].kind, seen[2].statement, seen[3].kind) == ("parse", "s1", "execute")
    assert (seen[4].query, seen[4].tag, seen[4].latency) == ("select $1", "SELECT 1", SECOND)


def test_error_in_a_pipeline_answers_its_own_statement_only() -> None:
    asked = packet(b"Q", b"select 1/0\0") + packet(b"Q", b"select 2\0")
    failed = packet(b"E", b"SERROR\0C22012\0Mdivision by zero\0\0") + packet(b"Z", b"I")
    done = packet(b"C", b"SELECT 1\0") + packet(b"Z", b"I")
    seen = said(postgresql, (OUT, STARTUP), (IN, IN_), (OUT, asked), (IN, failed + done))
    assert [(one.query, one.code, one.tag) for one in seen[4:]] == [
        ("select 1/0", "22012", ""),
        ("select 2", "", "SELECT 1"),
    ]


def test_accepted_tls_is_handed_on_and_a_refused_one_goes_on_in_clear() -> None:
    seen = said(postgresql, (OUT, TLS), (IN, b"S"), (OUT, b"\x16\x03\x01"))
    assert [one.hint for one in seen if isinstance(one, Upgraded)] == ["tls"]
    asked, startup = said(postgresql, (OUT, TLS), (IN, b"N"), (OUT, STARTUP))
    assert (asked.request, startup.user) == ("tls", "ann")


def test_gap_ends_the_matching_but_not_the_reading() -> None:
    fed = parser(postgresql)
    list(fed.feed(OUT, STARTUP, now=1))
    list(fed.feed(IN, IN_, now=2))
    list(fed.gap(OUT, 100, now=3))
    list(fed.feed(OUT, packet(b"Q", b"select 1\0"), now=4))
    (seen,) = fed.feed(IN, packet(b"C", b"SELECT 1\0"), now=5)
    assert (seen.tag, seen.query, seen.latency) == ("SELECT 1", "", None)


def test_claims() -> None:
    assert asks(postgresql, STARTUP, hinted=False) is Claim.YES
    assert asks(postgresql, TLS) is Claim.YES
    assert asks(postgresql, struct.pack("!IIII", 16, postgresql.CANCEL, 7, 7)) is Claim.YES
    for wrong in (
        struct.pack("!II", 9, postgresql.TLS),
        struct.pack("!II", 40, 4 << 16),
        b"\0\0\0\x07",
        b"\0\x01",
    ):
        assert asks(postgresql, wrong) is Claim.NO
    assert asks(postgresql, b"\0\0\0\x20\0\x03\0\0\0") is Claim.NO


def test_nonsense_is_refused() -> None:
    assert refuses(postgresql, (OUT, STARTUP), (IN, b"?\0\0\0\x08\0\0\0\0"))
    assert refuses(postgresql, (OUT, STARTUP), (IN, packet(b"R", struct.pack("!I", 77))))
    assert refuses(postgresql, (OUT, TLS), (IN, b"X"))
    assert issubclass(ProtocolError, Exception)
