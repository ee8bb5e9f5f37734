"""Graphite: lines."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import graphite
from tests.dpi.said import OUT, asks, refuses, said

LINES = b"web.load;host=a;zone=eu 0.42 1700000000\nweb.users 12 1700000001\n"


def test_lines() -> None:
    seen = said(graphite, (OUT, LINES))
    assert [(one.metric, one.tags) for one in seen] == [
        ("web.load", ("host=a", "zone=eu")),
        ("web.users", ()),
    ]
    assert seen[0].measured == 1_700_000_000 * 10**9
    assert "0.42" not in repr(seen)
    assert len(said(graphite, (OUT, LINES), transport="udp")) == 2


def test_claims() -> None:
    assert asks(graphite, LINES, hinted=False) is Claim.YES
    assert asks(graphite, LINES[:42], hinted=False) is Claim.MORE
    assert asks(graphite, LINES[:42]) is Claim.YES
    assert asks(graphite, b"web.load 0.4") is Claim.MORE
    for wrong in (b"hello world\r\n", b"a b c\n", b"AA .", b"a\n.", b"web.load 1 17\n", b"a\x01", b"x" * 600):
        assert asks(graphite, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"a b\n", b"x" * 600])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(graphite, (OUT, wrong))
