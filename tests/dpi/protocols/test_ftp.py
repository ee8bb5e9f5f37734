"""FTP: exchanges, data addresses, logins, AUTH TLS."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import ftp
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, announced, claimed, heard, recited


def test_session() -> None:
    seen = recited(ftp, "session")
    assert [(one.command, one.code) for one in seen] == [
        ("", 220), ("USER", 331), ("PASS", 230), ("PASV", 227), ("RETR", 150), ("RETR", 226), ("EPSV", 229),
        ("PORT", 200), ("EPRT", 200), ("QUIT", 221),
    ]  # fmt: skip
    assert [(one.data_address, one.data_port) for one in seen if one.data_port] == [
        ("192.0.2.5", 51213), ("", 40123), ("10.0.0.1", 1025), ("2001:db8::1", 5282),
    ]  # fmt: skip
    login = seen[2]
    assert (login.user, login.argument, login.credentials, login.latency) == ("anonymous", "***", True, 10)
    assert "guest@" not in repr(seen)


def test_data_connections_are_announced_with_what_they_are_for() -> None:
    seen = announced(
        ftp,
        (OUT, b"PASV\r\n"), (IN, b"227 here (192,0,2,5,200,13)\r\n"), (OUT, b"RETR a b\r\n"),
        (IN, b"150 ok\r\n226 done\r\n"), (OUT, b"RETR again\r\n"),
        (OUT, b"EPRT |2|2001:db8::1|5282|\r\n"),
    )  # fmt: skip
    assert seen == [
        (1, "ftp_data", "192.0.2.5", 51213, ""), (1, "ftp_data", "192.0.2.5", 51213, "RETR a b"),
        (0, "ftp_data", "2001:db8::1", 5282, ""),
    ]  # fmt: skip


def test_auth_tls_hands_on() -> None:
    last = recited(ftp, "tls")[-1]
    assert isinstance(last, Upgraded)
    assert last.hint == "tls"


@pytest.mark.parametrize(
    ("data", "port", "answer"),
    [
        (b"220 (vsFTPd 3.0.5)\r\n", 0, "yes"),
        (b"220 Welcome\r\n", 21, "yes"),
        (b"220 Welcome\r\n", 0, "need more"),
        (b"220 mail ESMTP\r\n", 21, "no"),
        (b"USER a\r\nSYST\r\n", 0, "yes"),
        (b"USER a\r\nCAPA\r\n", 0, "no"),
    ],
)
def test_claims(data: bytes, port: int, answer: str) -> None:
    assert claimed(ftp, data, port=port) == answer


def test_abort_behind_telnet_signals() -> None:
    seen = heard(ftp, (IN, b"220 ftp\r\n"), (OUT, b"\xff\xf4\xff\xf2ABOR\r\n"), (IN, b"226 done\r\n"))
    assert seen[-1].command == "ABOR"


def test_impossible_address_and_junk() -> None:
    seen = heard(ftp, (OUT, b"PORT 300,0,0,1,4,1\r\n"), (IN, b"501 no\r\n"))
    assert seen[0].data_port is None
    with pytest.raises(ProtocolError):
        heard(ftp, (IN, b"220 ftp\r\n"), (OUT, b"\x16\x03\x01\r\n"))
