"""One direction of a connection."""

from __future__ import annotations

from collections import Counter

from procwire.decrypt.backlog import Backlog
from procwire.decrypt.half import AGAIN, MAX_FUTILE, Half
from procwire.decrypt.keylog import KeyLog


def test_other_keys_count_records_anew_and_forget_half_a_message() -> None:
    half = Half(Backlog(KeyLog(), Counter(), 100))
    half.messages.feed(b"\x14\x00\x00\x20half")
    half.number = 7
    half.turn("traffic", "cipher")
    assert (half.stage, half.cipher, half.secret, half.number) == ("traffic", "cipher", None, 0)
    assert half.messages.feed(b"\x05\x00\x00\x00") == [(5, b"")]


def test_a_search_that_is_in_vain_ends_and_each_gap_begins_a_short_one() -> None:
    half = Half(Backlog(KeyLog(), Counter(), 100))
    assert not half.guesses()
    half.lose(1000)
    for _ in range(MAX_FUTILE):
        assert 1 in half.guesses()
        half.stayed_shut()
    assert not half.guesses()
    half.lose(1000)
    for _ in range(AGAIN):
        assert half.guesses()
        half.stayed_shut()
    assert not half.guesses()
    half.opened(9, 400)
    assert (half.number, half.gapped) == (10, False)
    half.lose(400 * 3000)
    assert 3010 in half.guesses()
