"""TPKT and COTP, as S7comm and RDP use them."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tpkt


def test_size() -> None:
    assert tpkt.size(b"\3\0\0\x16rest") == 22
    assert tpkt.size(b"xx\3\0\0\x07", 2) == 7
    assert tpkt.size(b"\3\0") == 0
    for wrong in (b"\4\0\0\x16", b"\3\1\0\x16", b"\3\0\0\6"):
        with pytest.raises(ProtocolError):
            tpkt.size(wrong)


def test_connection_and_data() -> None:
    packet = tpkt.Cotp(bytes.fromhex("0300001611e00000000100c0010ac1020100c2020102"))
    assert (packet.kind, packet.parameters) == (tpkt.CONNECT, {0xC0: b"\x0a", 0xC1: b"\1\0", 0xC2: b"\1\2"})
    data = tpkt.Cotp(b"\3\0\0\x08\2\xf0\0X")
    assert (data.kind, data.last, data.payload) == (tpkt.DATA, False, 7)


def test_cookie_of_remote_desktop_is_not_taken_for_parameters() -> None:
    body = b"\x0fe"[:1] + b"\xe0\0\0\0\0\0Cookie: a"
    assert tpkt.Cotp(b"\3\0\0\x14" + body).parameters == {}


@pytest.mark.parametrize("wrong", [b"\3\0\0\x07\xff\xe0\0", b"\3\0\0\x07\2\x70\0", b"\3\0\0\x07\0\0\0"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    with pytest.raises(ProtocolError):
        tpkt.Cotp(wrong)
