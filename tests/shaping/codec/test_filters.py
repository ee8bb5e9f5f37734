from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import filters
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.filters import Bpf, Fw, MatchAll
from tests.shaping.codec.hostile import damaged, is_borne, unwrapped

TC = "0c0002000800010010000100"  # tc 6.1: fw classid 1:10, and matchall classid 1:10
words = st.integers(0, 2**32 - 1)


@given(words, words, st.sampled_from(((), (Mirred(5),))))
def test_filters_come_back(classid: int, mask: int, actions: tuple[Mirred, ...]) -> None:
    fw = Fw(classid=classid, mask=mask, actions=actions)
    assert filters.decode_fw(filters.encode_fw(fw)) == fw
    everything = MatchAll(classid=classid, actions=actions)
    assert filters.decode_matchall(filters.encode_matchall(everything)) == everything
    program = Bpf(name="shape", descriptor=7, classid=classid)
    assert filters.decode_bpf(filters.encode_bpf(program)) == program


def test_a_class_is_written_in_host_order() -> None:
    """A well-kept library writes matchall's the other way round: 1:10 became 1000:100."""
    assert filters.encode_matchall(MatchAll(classid=0x10010)) == unwrapped(TC)
    assert filters.decode_fw(unwrapped(TC)) == Fw(classid=0x10010)


@given(damaged(unwrapped(TC), filters.encode_bpf(Bpf(name="x", descriptor=3))))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    for decode in (filters.decode_fw, filters.decode_matchall, filters.decode_bpf):
        assert is_borne(decode, data)
