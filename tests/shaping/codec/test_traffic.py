from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import traffic
from procwire.shaping.codec.attributes import CodecError
from procwire.shaping.codec.traffic import Object
from tests.shaping.codec.hostile import damaged, is_borne

numbers = st.integers(0, 0xFFFFFFFF)
SAMPLE = traffic.encode(Object(3, 0x10000, traffic.ROOT, "netem", b"\x08\0\1\0abcd"))


@given(
    st.integers(0, 2**31 - 1),
    numbers,
    numbers,
    st.text("abcdef_", min_size=1, max_size=12),
    st.binary(max_size=9),
)
def test_objects_come_back(index: int, handle: int, parent: int, kind: str, options: bytes) -> None:
    wanted = Object(index, handle, parent, kind, options, 0x12345678)
    assert traffic.decode(traffic.encode(wanted)) == wanted


@given(damaged(SAMPLE))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(traffic.decode, data)


def test_a_filters_place() -> None:
    info = traffic.filter_info(7, traffic.ETH_IP)
    assert info == 0x00070008  # 0x0800 in network order
    made = Object(1, 0, 0, "u32", info=info)
    assert (made.priority, made.protocol) == (7, traffic.ETH_IP)


def test_handles() -> None:
    assert traffic.handle(0x7077, 2) == 0x70770002
    assert traffic.show_handle(0x70770002) == "7077:2"
    assert traffic.show_handle(0x70770000) == "7077:"
    assert traffic.show_handle(traffic.ROOT) == "root"
    with pytest.raises(CodecError):
        traffic.handle(0x10000)


def test_a_place_alone_deletes() -> None:
    assert traffic.encode(Object(3, 0, traffic.ROOT, "netem"), bare=True) == traffic.asked(3, traffic.ROOT)
    with pytest.raises(CodecError, match="without a kind"):
        traffic.decode(traffic.asked(3))
