"""One direction of a connection."""

from __future__ import annotations

from collections import Counter

from procwire.decrypt.backlog import Backlog
from procwire.decrypt.half import Half
from procwire.decrypt.keylog import KeyLog


def test_other_keys_count_records_anew_and_forget_half_a_message() -> None:
    half = Half(Backlog(KeyLog(), Counter(), 100))
    half.messages.feed(b"\x14\x00\x00\x20half")
    half.number = 7
    half.turn("traffic", "cipher")
    assert (half.stage, half.cipher, half.secret, half.number) == ("traffic", "cipher", None, 0)
    assert half.messages.feed(b"\x05\x00\x00\x00") == [(5, b"")]
