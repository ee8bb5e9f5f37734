from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.attributes import CodecError, attributes
from procwire.shaping.codec.u32 import U32, Key
from tests.shaping.codec.hostile import damaged, is_borne, unwrapped

# tc 6.1: u32 match ip dst 10.0.0.0/8 classid 1:10, and u32 match u32 0 0 action mirred egress redirect dev lo
TO_TEN = "3000020008000100100001002400050001000100000000000000000000000000ff0000000a0000001000000000000000"
MIRRED = (
    "6000020038000700340001000b0001006d6972726564000024000280200002000000000000000000040000000000000000000000010000"
    "0001000000240005000100010000000000000000000000000000000000000000000000000000000000"
)
words = st.integers(0, 2**32 - 1)
keys = st.builds(
    lambda value, mask, offset: Key(value & mask, mask, offset),
    words,
    words,
    st.integers(0, 256).map(lambda n: n * 4),
)


@given(st.lists(keys, max_size=8).map(tuple), words)
def test_a_filter_comes_back(wanted: tuple[Key, ...], classid: int) -> None:
    made = U32(keys=() if wanted == (Key(0, 0, 0),) else wanted, classid=classid, actions=(Mirred(5),))
    assert u32.decode(u32.encode(made)) == made


def test_the_bytes_are_those_of_tc() -> None:
    wanted = U32(keys=(Key(0x0A000000, 0xFF000000, 16),), classid=0x10010)
    assert u32.encode(wanted) == unwrapped(TO_TEN)
    assert u32.decode(unwrapped(MIRRED)) == U32(actions=(Mirred(1),))
    ours = attributes(u32.encode(U32(actions=(Mirred(1),))))
    assert ours[5] == attributes(unwrapped(MIRRED))[5]


def test_a_hash_table_has_no_keys_and_too_many_are_refused() -> None:
    assert u32.decode(b"") == U32()
    with pytest.raises(CodecError):
        u32.encode(U32(keys=(Key(1, 1, 0),) * 129))


@given(damaged(unwrapped(TO_TEN), unwrapped(MIRRED)))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(u32.decode, data)
