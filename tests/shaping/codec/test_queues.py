from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import queues
from procwire.shaping.codec.attributes import CodecError
from procwire.shaping.codec.queues import Fifo, FqCodel, Prio
from tests.shaping.codec.hostile import damaged, is_borne, unwrapped

PRIO = "1c000200040000000102020201020000010101010101010104000200"  # tc 6.1: prio bands 4
FQ_CODEL = "2400020008000200e803000008000300a086010008000100881300000800040001000000"
words = st.none() | st.integers(0, 2**32 - 1)


def test_the_bytes_are_those_of_tc() -> None:
    assert unwrapped(PRIO).startswith(queues.encode_prio(Prio(bands=4)))
    assert queues.decode_prio(unwrapped(PRIO)) == Prio(bands=4)
    wanted = FqCodel(limit=1000, target=5000, interval=100_000, ecn=1)
    assert queues.decode_fq_codel(unwrapped(FQ_CODEL)) == wanted
    assert queues.encode_fifo(Fifo(50)) == unwrapped("0800020032000000")


@given(words, words, words, words)
def test_fq_codel_comes_back(
    target: int | None, limit: int | None, ecn: int | None, memory: int | None
) -> None:
    wanted = FqCodel(target=target, limit=limit, ecn=ecn, memory_limit=memory)
    assert queues.decode_fq_codel(queues.encode_fq_codel(wanted)) == wanted


@given(st.integers(2, 16))
def test_prio_and_fifo_come_back(bands: int) -> None:
    wanted = Prio(bands=bands, bands_of=tuple(number % bands for number in range(16)))
    assert queues.decode_prio(queues.encode_prio(wanted)) == wanted
    assert queues.decode_fifo(queues.encode_fifo(Fifo(bands))) == Fifo(bands)


def test_bands_that_are_not_there_are_refused() -> None:
    for wrong in (Prio(bands=1), Prio(bands=17), Prio(bands=2), Prio(bands=3, bands_of=(0,))):
        with pytest.raises(CodecError):
            queues.encode_prio(wrong)


@given(damaged(unwrapped(PRIO), unwrapped(FQ_CODEL)))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    for decode in (queues.decode_prio, queues.decode_fq_codel, queues.decode_fifo):
        assert is_borne(decode, data)
