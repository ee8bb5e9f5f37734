"""NATS: lines and payloads."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import nats
from procwire.model.observation import Upgraded
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said
from tests.dpi.talking import rows

INFO = (
    b'INFO {"server_id":"A","server_name":"n1","version":"2.10","max_payload":1,'
    b'"auth_required":true,"cluster":"c"}\r\n'
)
CONNECT = (
    b'CONNECT {"verbose":false,"user":"ann","pass":"hush","name":"till","lang":"go","version":"1.3"}\r\n'
)


def test_info_and_connect() -> None:
    server, client = said(nats, (IN, INFO), (OUT, CONNECT))
    assert (server.server_id, server.server_name, server.version, server.cluster) == ("A", "n1", "2.10", "c")
    assert (server.auth_required, server.tls_required) == (True, False)
    assert (client.user, client.name, client.library, client.credentials) == ("ann", "till", "go 1.3", True)
    assert "hush" not in repr(client)


def test_messages_with_and_without_headers() -> None:
    sent = b"PUB a 4\r\nhush\r\nPUB a b 0\r\n\r\nHPUB a b 4 8\r\nhushhush\r\nSUB a.* q 1\r\nPING\r\n"
    got = b"MSG a 1 b 4\r\nhush\r\nHMSG a 1 4 8\r\nhushhush\r\n+OK\r\n-ERR 'no'\r\n"
    seen = said(nats, (IN, INFO), (OUT, CONNECT + sent), (IN, got))[2:]
    assert [(one.message, one.subject, one.reply_to, one.payload_bytes) for one in seen[:6]] == [
        ("publish", "a", "", 4), ("publish", "a", "b", 0), ("publish", "a", "b", 8), ("subscribe", "a.*", "",
        None),
        ("message", "a", "b", 4), ("message", "a", "", 8)]  # fmt: skip
    assert (seen[3].queue, seen[6].error) == ("q", "no")
    assert "hush" not in repr(seen)


def test_answers_on_a_reply_subject_have_their_latency() -> None:
    for asking, answering in ((b"PUB a in.1 0", b"MSG in.1 1 0"), (b"MSG a 1 in.1 0", b"PUB in.1 0")):
        sides = (OUT, IN) if asking[:1] == b"P" else (IN, OUT)
        steps = [(side, line + b"\r\n\r\n") for side, line in zip(sides, (asking, answering), strict=True)]
        assert [one.latency for one in said(nats, (OUT, CONNECT), *steps)[1:]] == [None, SECOND]
    assert [one for one in rows("nats/session", "nats", message="message") if "latency" in one]


def test_tls_is_handed_on_whole() -> None:
    fed = parser(nats)
    list(fed.feed(IN, INFO.replace(b'"auth', b'"tls_required":true,"auth'), now=1))
    (seen,) = fed.feed(OUT, b"\x16\3\1rest", now=2)
    assert isinstance(seen, Upgraded)
    assert fed.remainder(OUT) == b"\x16\3\1rest"


def test_claims() -> None:
    assert asks(nats, INFO, hinted=False) is Claim.YES
    assert asks(nats, CONNECT, hinted=False) is Claim.YES
    assert asks(nats, b"INFO {") is Claim.MORE
    for wrong in (b"INFO\r\n", b"CONNECT www.example.com:443 HTTP/1.1\r\n", b'INFO {"x":1}\r\n'):
        assert asks(nats, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [b"PUB a x\r\n", b"NOPE\r\n", b"INFO {\r\n", b"INFO 1\r\n", b"PUB a 9999999999\r\n", b"x" * 9000]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(nats, (IN, INFO), (OUT, wrong))
