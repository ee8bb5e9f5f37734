from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import netem
from procwire.shaping.codec.attributes import CodecError, attributes
from procwire.shaping.codec.netem import Gilbert, Netem, Slots, States
from procwire.shaping.codec.units import WHOLE, parts
from tests.shaping.codec.hostile import damaged, is_borne, unwrapped

GILBERT = Gilbert(parts(0.01), parts(0.10), WHOLE - parts(0.70), parts(0.001))
STATES = States(parts(0.01), parts(0.20), parts(0.30), parts(0.005), parts(0.40))
# The bytes that tc of iproute2 6.1 sends, and what they say.
GOLDEN = {
    "delay 100ms": ("1c00020084d71700e803000000000000000000000000000000000000", Netem(latency=10**8)),
    "delay 100ms 10ms 25% loss 1%": (
        "2c00020084d71700e8030000295c8f0200000000000000005a62020010000100000000400000000000000000",
        Netem(latency=100_000_000, jitter=10_000_000, loss=parts(0.01), delay_correlation=1 << 30),
    ),
    "loss 5% 25% duplicate 1% 50%": (
        "2c00020000000000e8030000cdcccc0c00000000295c8f020000000010000100000000000000004000000080",
        Netem(loss=parts(0.05), duplicate=parts(0.01), loss_correlation=1 << 30,
              duplicate_correlation=1 << 31),
    ),
    "delay 10ms reorder 25% 50% gap 5": (
        "380002005a620200e803000000000000050000000000000000000000100001000000000000000000000000000c0003000000004000"
        "000080",
        Netem(latency=10_000_000, gap=5, reorder=1 << 30, reorder_correlation=1 << 31),
    ),
    "corrupt 0.1%": (
        "2800020000000000e8030000000000000000000000000000000000000c0004003789410000000000",
        Netem(corrupt=parts(0.001)),
    ),
    "rate 1mbit": (
        "3000020000000000e8030000000000000000000000000000000000001400060048e80100000000000000000000000000",
        Netem(rate=125_000),
    ),
    "rate 40gbit": (
        "3c00020000000000e8030000000000000000000000000000000000000c00080000f2052a0100000014000600ffffffff0000000000"
        "00000000000000",
        Netem(rate=5_000_000_000),
    ),
    "loss gemodel 1% 10% 70% 0.1%": (
        "3400020000000000e8030000000000000000000000000000000000001800058014000200295c8f029a999919cdcccc4c37894100",
        Netem(model=GILBERT),
    ),
    "loss state 1% 20% 30% 40% 0.5%": (
        "3800020000000000e8030000000000000000000000000000000000001c00058018000100295c8f0233333333cccccc4c14ae4701"
        "66666666",
        Netem(model=STATES),
    ),
    "loss 1% ecn": (
        "2400020000000000e8030000295c8f020000000000000000000000000800070001000000",
        Netem(loss=parts(0.01), ecn=True),
    ),
    "slot 20ms 30ms packets 5 bytes 3000": (
        "4800020000000000e8030000000000000000000000000000000000002c000c00002d31010000000080c3c9010000000005000000b8"
        "0b000000000000000000000000000000000000",
        Netem(slots=Slots(20_000_000, 30_000_000, 5, 3000)),
    ),
}  # fmt: skip
SAME_BYTES = ("corrupt 0.1%", "rate 1mbit", "rate 40gbit", "loss gemodel 1% 10% 70% 0.1%", "loss 1% ecn",
              "slot 20ms 30ms packets 5 bytes 3000", "loss 5% 25% duplicate 1% 50%")  # fmt: skip

words = st.integers(0, WHOLE)
times = st.integers(0, 2**63 - 1)
tables = st.none() | st.lists(st.integers(-32768, 32767), min_size=1, max_size=9).map(tuple)
objects = st.builds(
    Netem, latency=times, jitter=times, limit=words, loss=words, gap=words, duplicate=words,
    delay_correlation=words, loss_correlation=words, duplicate_correlation=words, reorder=words,
    reorder_correlation=words, corrupt=words, corrupt_correlation=words,
    model=st.none() | st.builds(Gilbert, words, words, words, words)
    | st.builds(States, words, words, words, words, words),
    rate=st.integers(0, 2**63), overhead=st.integers(-2000, 2000), cell_size=words,
    cell_overhead=st.integers(-2000, 2000), ecn=st.booleans(),
    slots=st.builds(Slots, times, times, st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), times, times),
    seed=st.none() | st.integers(0, 2**64 - 1), table=tables, slot_table=tables,
)  # fmt: skip


@given(objects)
def test_an_object_comes_back(wanted: Netem) -> None:
    assert netem.decode(netem.encode(wanted)) == wanted


@pytest.mark.parametrize("words", GOLDEN)
def test_what_tc_sends_is_understood(words: str) -> None:
    golden, wanted = GOLDEN[words]
    found = netem.decode(unwrapped(golden))
    for field in Netem.__slots__:
        theirs, ours = getattr(found, field), getattr(wanted, field)
        if isinstance(ours, int) and field not in ("latency", "jitter", "seed"):
            assert abs(theirs - ours) <= 1, field  # tc cuts a share where it is rounded here
    assert (found.latency, found.jitter, found.slots) == (wanted.latency, wanted.jitter, wanted.slots)
    assert type(found.model) is type(wanted.model)
    for name in getattr(wanted.model, "__slots__", ()):
        assert abs(getattr(found.model, name) - getattr(wanted.model, name)) <= 1, name


@pytest.mark.parametrize("words", SAME_BYTES)
def test_the_bytes_are_those_of_tc(words: str) -> None:
    payload = unwrapped(GOLDEN[words][0])
    assert netem.encode(netem.decode(payload), every=False) == payload


def test_every_change_names_everything() -> None:
    """Peers leave corruption, reordering, rate behind, or delete first and leak packets."""
    sent = attributes(netem.encode(Netem(latency=50_000_000))[netem.QOPT_BYTES :])
    assert {1, 3, 4, 6, 7, 10, 11, 12} <= set(sent)
    assert not any(any(sent[kind]) for kind in (1, 3, 4, 6, 7, 11, 12))


def test_delays_beyond_274_s_and_below_a_tick_are_kept() -> None:
    for latency in (300 * 10**9, 1, 500):
        assert netem.decode(netem.encode(Netem(latency=latency))).latency == latency
    assert netem.old_times(Netem(latency=100_000_000)) == (0x17D784, 0)


def test_what_does_not_fit_is_refused() -> None:
    for wrong in (Netem(latency=-1), Netem(limit=1 << 32), Netem(table=()), Netem(table=(0,) * 16385),
                  Netem(table=(40_000,)), Netem(seed=1 << 64)):  # fmt: skip
        with pytest.raises(CodecError):
            netem.encode(wrong)


@given(
    damaged(
        *(unwrapped(golden) for golden, _ in GOLDEN.values()), netem.encode(Netem(model=STATES, table=(1,)))
    )
)
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(netem.decode, data)
