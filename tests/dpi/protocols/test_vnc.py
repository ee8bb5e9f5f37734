"""VNC: desktops of real programs, and every road of RFC 6143 and VeNCrypt by hand."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Claim, ProtocolError
from procwire.dpi.protocols import vnc
from tests.dpi.talking import IN, OUT, apps, claimed, context, hints, rows, talk

TCP = context("tcp", 5900)
NEW, OLD = b"RFB 003.008\n", b"RFB 003.003\n"
DESKTOP = b"\0\x40\0\x30" + bytes(16) + b"\0\0\0\4cave"


def test_desktops() -> None:
    said = rows("vnc/open", "vnc")
    assert [line["message"] for line in said] == ["version", "version", "security", "desktop"]
    assert (said[3]["desktop"], said[3]["size"]) == ("the cellar", "64x48")
    results = [line["result"] for line in rows("vnc/password", "vnc", message="result")]
    assert results == ["ok", "failed"]
    assert apps("vnc/password") == {("vnc", "content")}


def test_password_in_the_newest_version() -> None:
    seen = talk(
        vnc, TCP, (IN, NEW), (OUT, NEW), (IN, b"\2\1\2"), (OUT, b"\2"), (IN, bytes(16)), (OUT, bytes(16)),
        (IN, bytes(4)), (OUT, b"\1"), (IN, DESKTOP),
    )  # fmt: skip
    assert [one.message for one in seen] == ["version", "version", "security", "result", "desktop"]
    assert (seen[2].offered, seen[2].security, seen[2].weak) == (("none", "vnc"), "vnc", True)
    assert (seen[3].result, seen[3].latency, seen[4].desktop, seen[4].shared) == ("ok", 100, "cave", True)


def test_refusals() -> None:
    failed = talk(vnc, TCP, (IN, NEW), (OUT, NEW), (IN, b"\0\0\0\0\6go now"))
    assert (failed[-1].result, failed[-1].reason) == ("failed", "go now")
    wrong = talk(vnc, TCP, (IN, NEW), (OUT, NEW), (IN, b"\1\1"), (OUT, b"\1"), (IN, b"\0\0\0\1\0\0\0\3bad"))
    assert (wrong[-1].result, wrong[-1].reason) == ("failed", "bad")
    old = talk(vnc, TCP, (IN, OLD), (OUT, OLD), (IN, b"\0\0\0\0\0\0\0\2no"))
    assert old[-1].reason == "no"


def test_vencrypt() -> None:
    steps = [
        (IN, NEW),
        (OUT, NEW),
        (IN, b"\1\x13"),
        (OUT, b"\x13"),
        (IN, b"\0\2"),
        (OUT, b"\0\2"),
        (IN, b"\0"),
    ]
    kinds = b"\2" + (261).to_bytes(4, "big") + (256).to_bytes(4, "big")
    seen = talk(vnc, TCP, *steps, (IN, kinds), (OUT, (261).to_bytes(4, "big")), (IN, b"\1"))
    assert seen[-2].security == "vencrypt x509-vnc"
    assert hints(seen) == ["tls"]
    plain = talk(vnc, TCP, *steps, (IN, kinds), (OUT, (256).to_bytes(4, "big")))
    assert (plain[-1].credentials, hints(plain)) == (True, [])
    assert hints(talk(vnc, TCP, *steps[:2], (IN, b"\1\x12"), (OUT, b"\x12"))) == ["tls"]


def test_what_comes_early_waits_and_is_bounded() -> None:
    parser: Any = vnc.Parser(TCP)
    list(parser.feed(IN, NEW + b"\1\1", now=1))
    assert [one.message for one in parser.feed(OUT, NEW + b"\1\1", now=2)] == ["version", "security"]
    with pytest.raises(ProtocolError):
        list(parser.feed(OUT, bytes(5000), now=3))


def test_gap_ends_it() -> None:
    parser: Any = vnc.Parser(TCP)
    list(parser.feed(IN, NEW, now=1))
    assert not parser.gap(IN, 5, now=2)
    assert parser.skip(IN) == ENOUGH
    with pytest.raises(ProtocolError):
        list(parser.feed(IN, NEW, now=3))


def test_claims() -> None:
    assert claimed(vnc, NEW, context("tcp", 9), IN)
    assert vnc.claims(b"RFB 00", IN, TCP) is Claim.MORE
    assert vnc.claims(b"RFC 00", IN, TCP) is Claim.NO
    assert not claimed(vnc, b"RFB 003.008 ", TCP)


def test_malformed() -> None:
    for steps in (((IN, b"RFB abc.def\n"),), ((IN, NEW), (OUT, NEW), (IN, b"\0\xff\xff\xff\xff"))):
        with pytest.raises(ProtocolError):
            talk(vnc, TCP, *steps)
