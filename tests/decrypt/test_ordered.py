"""Stream bytes in order, against a naive oracle."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.decrypt.ordered import MAX_PENDING_BYTES, Ordered

STREAM = bytes(range(256)) * 4


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 200)), max_size=30))
def test_any_order_and_overlap(cuts: list[tuple[int, int]]) -> None:
    stream, given_, seen = Ordered(), b"", set()
    for start, size in cuts:
        seen |= set(range(start, min(start + size, len(STREAM))))
        for missing, data in stream.add(start, STREAM[start : start + size]):
            assert missing == 0
            given_ += data
        whole = next((at for at in range(len(STREAM)) if at not in seen), len(STREAM))
        assert given_ == STREAM[:whole]


def test_an_end_is_known() -> None:
    stream = Ordered()
    assert stream.add(3, b"de", fin=True) == []
    assert not stream.ended
    assert stream.add(0, b"abc") == [(0, b"abc"), (0, b"de")]
    assert stream.ended
    assert stream.add(0, b"abcde", fin=True) == []


def test_a_hole_is_given_up_when_too_much_waits() -> None:
    stream, pieces = Ordered(), []
    for number in range(1, 2000):
        pieces += stream.add(1000 * number, b"x" * 1000)
    assert pieces[0][0] == 1000
    assert stream.lost == 1000
    assert stream.waiting_bytes <= MAX_PENDING_BYTES + 1000


def test_what_waits_at_the_end_is_given_with_its_holes() -> None:
    stream = Ordered()
    stream.add(5, b"five")
    stream.add(20, b"twenty")
    assert stream.give_up() == [(5, b"five")]
    assert stream.give_up() == [(11, b"twenty")]
    assert stream.give_up() == []
