"""Heads of ONC RPC messages by RFC 5531, whole and cut."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.wire.onc_rpc import head, judged, measure, opaque
from tests.dpi.rpc_messages import SYSTEM, call, marked, reply, text

NOTHING: frozenset[int] = frozenset()


def test_call_with_credentials() -> None:
    found = head(call(100003, 3, 1, b"rest", credentials=SYSTEM))
    assert (found.program, found.version, found.procedure, found.flavor) == (100003, 3, 1, "sys")
    assert (found.machine, found.uid, found.gid) == ("machine", 1000, 100)
    assert call(100003, 3, 1, b"rest", credentials=SYSTEM)[found.at :] == b"rest"


def test_replies() -> None:
    assert head(reply()).status == "ok"
    assert head(reply(state=3)).status == "procedure-unavailable"
    assert head(b"\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1" + bytes(4)).status == "authentication-error"


def test_cut_and_wrong() -> None:
    whole = call(100000, 2, 3, credentials=SYSTEM)
    for at in range(len(whole)):
        with pytest.raises(ProtocolError):
            head(whole[:at])
    for wrong in (whole[:8] + b"\0\0\0\3" + whole[12:], whole[:4] + b"\0\0\0\2" + whole[8:], reply(state=9)):
        with pytest.raises(ProtocolError):
            head(wrong)


def test_measure() -> None:
    assert measure(marked(call(1, 1, 0))) == 44
    assert measure(b"\x80") == 0
    for wrong in (b"\0\0\0\1", marked(b"GET / HTTP/1.1\r\n\r\n and more")):
        with pytest.raises(ProtocolError):
            measure(wrong)


def test_judged() -> None:
    data = call(100003, 3, 0)
    assert judged(data, "udp", frozenset({100003}), NOTHING) is Claim.YES
    assert judged(data, "udp", None, frozenset({100003})) is Claim.NO
    assert judged(marked(data)[:20], "tcp", None, NOTHING) is Claim.MORE
    assert judged(marked(data), "tcp", None, NOTHING) is Claim.YES
    assert judged(reply(), "udp", frozenset({100003}), NOTHING) is Claim.NO
    assert judged(reply(), "udp", None, NOTHING) is Claim.YES


@pytest.mark.parametrize("size", [8, 12, 16, 64])
def test_noughts_are_nobodys(size: int) -> None:
    """A call of version 0, which there never was; of less nothing is known over TCP."""
    assert judged(bytes(size), "udp", None, NOTHING) is Claim.NO
    record = (0x80000000 | 60).to_bytes(4, "big") + bytes(size)
    assert judged(record, "tcp", None, NOTHING) is (Claim.NO if size >= 12 else Claim.MORE)


def test_opaque_is_bounded() -> None:
    assert opaque(text(b"abc") + b"x", 0, 10) == (b"abc", 8)
    for broken in (text(b"abc")[:6], text(b"a" * 11)):
        with pytest.raises(ProtocolError):
            opaque(broken, 0, 10)
