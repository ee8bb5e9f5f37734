"""Numbers that share a word do not overlap."""

from __future__ import annotations

from procwire.flows import bits


def test_bits_of_one_word_are_apart() -> None:
    known = (bits.HAS_NXT, bits.HAS_ISN, bits.HAS_ACK, bits.HAS_FIN, bits.HAS_POS)
    assert sum(known) == 31
    assert bits.BOTH & bits.SHOWN == 0
    assert bits.OTHER == bits.KINDS - 1
