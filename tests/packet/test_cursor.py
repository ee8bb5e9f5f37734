"""The cursor keeps a chain, a tunnel hash and the extent of the payload."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.packet.cursor import Cursor
from tests.packet.build import chain, decode, eth, ip4, tcp


def test_a_new_cursor_is_blank() -> None:
    cursor = Cursor()
    assert (cursor.chain, cursor.fault, cursor.marks, cursor.scale) == (0, 0, 0, 255)


def test_resuming_takes_the_ip_header_along() -> None:
    outer, inner = Cursor(), Cursor()
    outer.family, outer.proto, outer.src_lo, outer.tunnel = 4, 17, 9, 5
    outer.sport = 1234
    inner.load(memoryview(b"datagram"))
    inner.resume(outer, 8)
    assert (inner.family, inner.proto, inner.src_lo, inner.tunnel) == (4, 17, 9, 5)
    assert (inner.sport, inner.length, inner.present) == (0, 8, 8)


@given(depth=st.integers(0, 7))
@settings(max_examples=8, deadline=None)
def test_chains_of_up_to_eight_layers_are_whole(depth: int) -> None:
    packet = ip4(tcp())
    for _ in range(depth):
        packet = ip4(packet, 4)
    words = chain(decode(eth(packet))).split(".")
    if depth <= 5:
        assert words == ["eth", *["ip"] * (depth + 1), "tcp"]
    else:
        assert words == ["eth", *["ip"] * 5, "…", "tcp"]
