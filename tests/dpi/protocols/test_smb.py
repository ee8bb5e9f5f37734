"""SMB: files, logins and encryption of real programs in every version; framing."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import smb
from tests.dpi.smb_messages import create, framed, smb2
from tests.dpi.talking import OUT, apps, claimed, context, lines_said, rows, talk

TCP = context("tcp", 445)


def test_files_of_version_3() -> None:
    said = rows("smb/files", "smb")
    assert said[1]["dialect"] == "3.1.1"
    session = next(line for line in said if line["message"] == "session")
    assert (session["user"], session["domain"], session["status"]) == ("root", "OFFICE", "ok")
    closed = {
        line.get("path"): line for line in said if line["message"] == "close" and line.get("bytes_read")
    }
    assert closed["report.txt"]["bytes_read"] == 200
    assert any(line.get("bytes_written") == 7 for line in said)
    renamed = next(line for line in said if line["message"] == "rename")
    assert (renamed["path"], renamed["action"]) == ("note.txt", "kept.txt")
    assert {"not-found", "logon-failure"} <= {line.get("status") for line in said}
    assert apps("smb/files") == {("smb", "content")}


def test_old_versions_and_netbios() -> None:
    said = rows("smb/old", "smb")
    assert {line["version"] for line in said} == {"1", "2"}
    assert [line["path"] for line in said if line["message"] == "open"] == ["\\report.txt", "report.txt"]
    first = next(line for line in rows("smb/old", "flow") if line["dst_port"] == 139)
    assert (first["via"], first["risks"]) == ("netbios", ["obsolete-protocol"])


def test_calls_through_pipes() -> None:
    called = [line["action"] for line in rows("smb/pipes", "smb", message="call")]
    assert {"bind samr", "samr enumerate-users", "bind srvsvc", "srvsvc share-enum-sticky"} <= set(called)


def test_encrypted() -> None:
    assert [line["message"] for line in rows("smb/encrypted", "smb")][-1] == "encrypted"


def test_passwords_are_not_kept() -> None:
    assert "secret" not in str(lines_said("smb/files"))


def test_claims() -> None:
    data = framed(smb2(0, bytes(36)))
    assert claimed(smb, data, TCP)
    assert smb.claims(data[:7], OUT, TCP) is Claim.MORE
    assert not claimed(smb, data.replace(b"SMB", b"SMC"), TCP)
    assert not claimed(smb, b"\0\0\0\4\xfeSMB", TCP)
    assert not claimed(smb, b"\x85\0\0\0", TCP)


def test_keep_alive_and_long_messages() -> None:
    long = smb2(5, create("a.txt") + bytes(100_000))
    parser = smb.Parser(TCP)
    assert not list(parser.feed(OUT, b"\x85\0\0\0" + framed(long)[:5000], now=1))
    assert parser.skip(OUT) == 4 + len(long) - 5000


def test_malformed() -> None:
    for data in (b"\x85\1\0\0", b"\1\0\0\0", framed(b"\xfeSMB" + bytes(60))):
        with pytest.raises(ProtocolError):
            talk(smb, TCP, (OUT, data))
