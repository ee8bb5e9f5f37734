"""rsync: modules and logins of a real daemon, who greets first, endless welcomes."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Claim, ProtocolError
from procwire.dpi.protocols import rsync
from tests.dpi.talking import IN, OUT, apps, claimed, context, lines_said, rows, talk

TCP = context("tcp", 873)
HELLO = b"@RSYNCD: 31.0 sha512 md5\n"


def test_daemon() -> None:
    said = rows("rsync/daemon", "rsync")
    assert [line["module"] for line in said if line["message"] == "module"] == [
        "files",
        "vault",
        "vault",
        "none",
    ]
    assert {line["side"] for line in said if line["message"] == "module"} == {"out"}
    assert {line["user"] for line in said if line["message"] == "login"} == {"ada"}
    assert [line["error"] for line in said if line["message"] == "error"] == [
        "auth failed on module vault",
        "Unknown module 'none'",
    ]
    assert all(line["latency"] > 0 for line in said if line["message"] in {"ok", "error"})
    assert apps("rsync/daemon") == {("rsync", "content")}


def test_proof_is_not_kept() -> None:
    assert "AUTHREQD" not in str(lines_said("rsync/daemon"))
    seen = talk(
        rsync,
        TCP,
        (IN, HELLO),
        (OUT, HELLO + b"vault\n"),
        (IN, b"@RSYNCD: AUTHREQD abc\n"),
        (OUT, b"ada proof\n"),
    )
    assert (seen[-1].user, seen[-1].credentials) == ("ada", True)
    assert "proof" not in str(seen)


def test_list_and_welcome() -> None:
    seen = talk(rsync, TCP, (OUT, HELLO + b"\n"), (IN, HELLO + b"Welcome!\nfiles\tthings\n@RSYNCD: EXIT\n"))
    assert [one.message for one in seen] == ["greeting", "list", "greeting", "ok"]
    assert (seen[0].version, seen[0].digests) == ("31.0", "sha512 md5")
    parser: Any = rsync.Parser(TCP)
    list(parser.feed(IN, HELLO + b"welcome\n" * 300, now=1))
    assert parser.skip(IN) == ENOUGH


def test_claims() -> None:
    assert claimed(rsync, HELLO, context("tcp", 9))
    assert rsync.claims(b"@RSY", OUT, TCP) is Claim.MORE
    assert rsync.claims(b"@RSX", OUT, TCP) is Claim.NO
    assert not claimed(rsync, b"@RSYNCD: hello\n", TCP)
    assert rsync.claims(b"@RSYNCD: 31" + b"1" * 400, OUT, TCP) is Claim.NO


def test_gap_and_malformed() -> None:
    parser: Any = rsync.Parser(TCP)
    assert not parser.gap(OUT, 10, now=1)
    assert not list(parser.feed(OUT, b"rest of a line\n", now=2))
    with pytest.raises(ProtocolError):
        talk(rsync, TCP, (OUT, b"@RSYNCD: x\n"))
    with pytest.raises(ProtocolError):
        talk(rsync, TCP, (OUT, HELLO + b"a" * 3000))
