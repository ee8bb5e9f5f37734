"""LDAP: binds, searches and changes of real programs, STARTTLS, sealed streams, hostile encodings."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import ldap
from tests.dpi.talking import IN, OUT, apps, claimed, context, hints, lines_said, rows, talk

TCP = context("tcp", 389)
BIND = bytes.fromhex("3019 020101 6014 020103 0407") + b"cn=root" + bytes.fromhex("8006") + b"secret"
BOUND = bytes.fromhex("300c 020101 6107 0a0100 0400 0400")
SASL = bytes.fromhex("3018 020102 6013 020103 0400 a30c 0406") + b"GSSAPI" + bytes.fromhex("0402") + b"xx"


def test_ordinary_use() -> None:
    said = rows("ldap/ordinary", "ldap")
    bind = said[0]
    assert (bind["method"], bind["credentials"], bind["name"]) == (
        "simple",
        True,
        "cn=admin,dc=example,dc=com",
    )
    search = next(line for line in said if line["message"] == "search")
    assert search["filter"] == "(&(objectClass=person)(|(cn=Ada*)(!(sn=x))))"
    assert (search["scope"], search["attributes"]) == ("subtree", ["cn", "mail"])
    found = next(line for line in said if line["message"] == "search-result")
    assert (found["result"], found["entries"]) == ("success", 1)
    results = {line["result"] for line in said if "result" in line}
    assert results == {"success", "no-such-object", "invalid-credentials"}
    assert all(line["latency"] > 0 for line in said if "result" in line)
    assert apps("ldap/ordinary") == {("ldap", "content")}


def test_passwords_are_not_kept() -> None:
    assert "the-admin-password" not in str(lines_said("ldap/ordinary"))
    assert "wrong-password" not in str(lines_said("ldap/ordinary"))


def test_starttls_hands_on() -> None:
    assert apps("ldap/starttls") == {("tls", "content")}
    assert rows("ldap/starttls", "flow")[0]["via"] == "ldap"
    assert rows("ldap/starttls", "tls")


def test_sealed_stream_is_passed_over() -> None:
    bound = BOUND.replace(b"\x02\1\1", b"\x02\1\2")
    sealed = b"\0\0\0\4\1\2\3\4"
    seen = talk(ldap, TCP, (OUT, SASL), (IN, bound), (OUT, sealed * 2), (IN, sealed))
    assert [one.message for one in seen] == ["bind", "bind-result"]
    assert (seen[0].method, seen[0].credentials) == ("GSSAPI", False)


def test_refused_starttls_is_no_upgrade() -> None:
    ask = bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"
    refused = bytes.fromhex("300c 020101 7807 0a0102 0400 0400")
    assert hints(talk(ldap, TCP, (OUT, ask), (IN, refused))) == []
    agreed = refused.replace(b"\x0a\1\2", b"\x0a\1\0")
    assert hints(talk(ldap, TCP, (OUT, ask), (IN, agreed))) == ["tls"]


def test_claims() -> None:
    assert claimed(ldap, BIND, TCP)
    assert ldap.claims(BIND[:8], OUT, TCP) is Claim.YES or ldap.claims(BIND[:8], OUT, TCP) is Claim.MORE
    assert not claimed(ldap, BIND.replace(b"\x60", b"\x5f", 1), TCP)
    assert not claimed(ldap, BIND[:-1], context("udp", 389))
    assert claimed(ldap, BIND, context("udp", 389))
    assert not claimed(ldap, bytes.fromhex("3005 020101 6014 0201"), TCP)


def test_malformed() -> None:
    for data in (
        b"\x31" + BIND[1:],
        BIND[:5] + b"\x7f" + BIND[6:],
        b"\x30\x84\xff\xff\xff\xff\x02\x01\x01\x60",
    ):
        with pytest.raises(ProtocolError):
            talk(ldap, TCP, (OUT, data))
