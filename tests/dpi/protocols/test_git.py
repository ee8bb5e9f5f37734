"""git: clones of a real daemon in both versions, refusals, requests by gitprotocol-pack."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Claim, ProtocolError
from procwire.dpi.protocols import git
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

TCP = context("tcp", 9418)
# gitprotocol-pack, "Git Transport".
ASKED = b"0033git-upload-pack /project.git\0host=myserver.com\0"


def line(content: bytes) -> bytes:
    return b"%04x%s" % (len(content) + 4, content)


def test_clones() -> None:
    said = rows("git/clone", "git")
    assert [one["message"] for one in said] == [
        "fetch",
        "capabilities",
        "fetch",
        "references",
        "fetch",
        "error",
    ]
    assert (said[0]["path"], said[0]["host"], said[0]["version"]) == ("/project", "10.77.0.2", 2)
    assert (said[3]["references"], said[3]["head"]) == (3, "refs/heads/main")
    assert said[1]["agent"].startswith("git/")
    assert "not exported" in said[5]["error"]
    assert all(one["latency"] > 0 for one in said[1::2])
    assert apps("git/clone") == {("git", "content")}


def test_example_of_the_specification() -> None:
    first = line(
        b"7217a7c7e582c46cec22a130adf4b9d7d950fba0 HEAD\0side-band symref=HEAD:refs/heads/x agent=git/1\n"
    )
    peeled = line(b"7217a7c7e582c46cec22a130adf4b9d7d950fba0 refs/tags/v1^{}\n")
    seen = talk(git, TCP, (OUT, ASKED), (IN, first + peeled + b"0000"))
    assert (seen[0].path, seen[0].host) == ("/project.git", "myserver.com")
    assert (seen[1].references, seen[1].head, seen[1].agent, seen[1].latency) == (
        1,
        "refs/heads/x",
        "git/1",
        100,
    )


def test_nothing_is_read_behind_the_list() -> None:
    parser: Any = git.Parser(TCP)
    list(parser.feed(OUT, ASKED + b"0032want", now=1))
    assert not list(parser.feed(OUT, b"no pkt-line at all", now=2))
    list(parser.feed(IN, b"0000", now=3))
    assert parser.skip(IN) == parser.skip(OUT) == ENOUGH


def test_claims() -> None:
    assert claimed(git, ASKED, context("tcp", 9))
    assert git.claims(ASKED[:20], OUT, TCP) is Claim.MORE
    assert not claimed(git, b"0003" + ASKED[4:], TCP)
    assert not claimed(git, ASKED.replace(b"upload", b"unload"), TCP)
    assert git.claims(b"0033git-upload-pack " + b"a" * 2000, OUT, TCP) is Claim.NO


@pytest.mark.parametrize("data", [b"zzzz", b"0003", b"ffff", line(b"hello")])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(git, TCP, (OUT, data))
