"""What waits for keys: bounded by itself and over all connections, and given back."""

from __future__ import annotations

from collections import Counter

from procwire.decrypt.backlog import Backlog
from procwire.decrypt.keylog import MAX_HELD_BYTES, KeyLog
from procwire.decrypt.reasons import BACKLOG_FULL, NO_KEY


def test_first_in_first_out_and_room_given_back() -> None:
    keys, failed = KeyLog(), Counter[str]()
    backlog: Backlog[str] = Backlog(keys, failed, 10)
    assert backlog.hold("one", 4)
    assert backlog.hold("two", 6)
    assert not backlog.hold("three", 1)
    assert (backlog.overflowed, failed[BACKLOG_FULL], backlog.bytes, keys.waiting_bytes) == (True, 1, 10, 10)
    assert backlog.take() == "one"
    assert backlog.hold("four", 4)
    assert backlog.take_all() == ["two", "four"]
    assert (len(backlog), backlog.bytes, keys.waiting_bytes) == (0, 0, 0)


def test_all_connections_share_one_bound() -> None:
    keys, failed = KeyLog(), Counter[str]()
    one, other = (Backlog[str](keys, failed, MAX_HELD_BYTES) for _ in range(2))
    assert one.hold("much", MAX_HELD_BYTES - 1)
    assert not other.hold("two bytes", 2)
    one.give_up()
    assert failed[NO_KEY] == 1
    assert other.hold("two bytes", 2)
