"""FTP data: what was announced, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Claim, Context
from procwire.dpi.protocols import ftp_data
from tests.dpi.hearing import IN, OUT, recited
from tests.dpi.talking import apps, rows

TOLD = Context(transport="tcp", announced="ftp_data", note="RETR a b")


def test_what_is_transferred() -> None:
    parser: Any = ftp_data.Parser(TOLD)
    assert parser.skip(IN) == 0
    (seen,) = parser.feed(IN, b"anything", now=5)
    assert (seen.command, seen.file, seen.side) == ("RETR", "a b", IN)
    assert list(parser.feed(IN, b"more", now=6)) == list(parser.gap(IN, 5, now=7)) == []
    assert parser.skip(OUT) == ENOUGH
    assert len(recited(ftp_data, "listing")) == 1


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"x", Claim.YES), (b"\x16", Claim.MORE), (b"\x16\x03\x01", Claim.NO), (b"\x16x", Claim.YES)],
)
def test_claims_anything_but_tls(data: bytes, answer: Claim) -> None:
    assert ftp_data.claims(data, OUT, TOLD) is answer
    assert ftp_data.claims(data, OUT, Context(transport="tcp", dst_port=20)) is Claim.NO


def test_connections_of_vsftpd() -> None:
    assert apps("ftp/plain") == {("ftp", "content"), ("ftp_data", "announced"), ("unknown", "unknown")}
    control = {line["flow_id"] for line in rows("ftp/plain", "flow", app="ftp")}
    found = rows("ftp/plain", "flow", app="ftp_data")
    assert {line["announced_by"] for line in found} <= control
    assert [(line["command"], line.get("file", "")) for line in rows("ftp/plain", "ftp_data")] == [
        ("RETR", "read.me"), ("STOR", "read.me"), ("LIST", ""),
    ]  # fmt: skip
