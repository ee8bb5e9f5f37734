from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import htb
from procwire.shaping.codec.attributes import CodecError, attributes
from procwire.shaping.codec.htb import Htb, HtbClass
from tests.shaping.codec.hostile import damaged, is_borne, unwrapped

ROOT = "1c00020018000200030000000a000000100000000000000000000000"  # tc 6.1: htb default 10
# tc 6.1: rate 10mbit ceil 20mbit burst 15k cburst 15k quantum 1514, its struct tc_htb_opt
CLASS = "03010000ffff0000d012130003010000ffff0000a025260000ee020000770100ea0500000000000000000000"
FAST = (
    "03010000ffff0000ffffffff03010000ffff0000ffffffffc10c0000c10c000060ea00000000000000000000"  # 40gbit, 1mb
)
SLOW = HtbClass(rate=1_250_000, ceil=2_500_000, burst=15_360, ceil_burst=15_360, quantum=1514)


@given(st.integers(0, 0xFFFF), st.integers(1, 10**6), st.none() | st.integers(0, 10**6))
def test_a_qdisc_comes_back(default: int, quantum: int, direct: int | None) -> None:
    wanted = Htb(default=default, rate_to_quantum=quantum, direct_queue=direct)
    assert htb.decode(htb.encode(wanted)) == wanted


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(1, 10**7), st.integers(1, 60_000))
def test_a_class_comes_back(rate: int, more: int, burst: int, quantum: int) -> None:
    wanted = HtbClass(rate=rate, ceil=rate + more, burst=burst, ceil_burst=burst, quantum=quantum, priority=3)
    found = htb.decode_class(htb.encode_class(wanted))
    assert (found.rate, found.ceil, found.quantum, found.priority) == (rate, rate + more, quantum, 3)
    if burst * 10**9 < rate << 38:  # within the kernel's 32 bits of ticks
        assert 0 <= found.burst - burst <= rate * 64 // 10**9 + 1


def test_the_bytes_are_those_of_tc() -> None:
    assert htb.encode(Htb(default=0x10)) == unwrapped(ROOT)  # tc reads a default in hexadecimal
    assert attributes(htb.encode_class(SLOW))[1].hex() == CLASS
    fast = HtbClass(rate=5 * 10**9, ceil=5 * 10**9, burst=1 << 20, ceil_burst=1 << 20, quantum=60_000)
    sent = attributes(htb.encode_class(fast))
    assert sent[1].hex()[:24] == FAST[:24]
    assert sent[6] == sent[7] == (5 * 10**9).to_bytes(8, "little")


def test_a_quantum_is_chosen_that_the_kernel_says_nothing_of() -> None:
    for rate, quantum in ((1000, 1514), (10**12, 60_000), (200_000, 20_000)):
        made = htb.encode_class(HtbClass(rate=rate, ceil=rate, burst=2000, ceil_burst=2000))
        assert htb.decode_class(made).quantum == quantum


def test_what_makes_no_class_is_refused() -> None:
    for wrong in (
        HtbClass(rate=0, ceil=1, burst=1, ceil_burst=1),
        HtbClass(rate=2, ceil=1, burst=1, ceil_burst=1),
    ):
        with pytest.raises(CodecError):
            htb.encode_class(wrong)


@given(damaged(htb.encode(Htb()), htb.encode_class(SLOW)))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(htb.decode, data)
    assert is_borne(htb.decode_class, data)
