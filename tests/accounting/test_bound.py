from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.accounting.bound import Bound, Part
from procwire.bpf import accounts as books
from procwire.model.flow import Flow

WORD = st.integers(0, (1 << 64) - 1)
TALLY = st.tuples(*[st.one_of(st.integers(0, 3), WORD)] * 8)
HEALTH = st.one_of(st.none(), st.just((0,) * 10), st.tuples(*[st.integers(0, (1 << 32) - 1)] * 10))
PART = st.builds(
    Part, WORD, WORD, st.integers(0, 2), st.integers(0, (1 << 32) - 1), TALLY, HEALTH, st.booleans()
)


def bound_of() -> Bound:
    return Bound(Flow(), b"ends", 1, 7)


@given(st.lists(PART, max_size=5, unique_by=lambda part: (part.cookie, part.first)))
def test_what_accounts_said_is_told_as_it_was_said_in_its_order(parts: list[Part]) -> None:
    bound = bound_of()
    for part in parts:
        bound.note(part)
    assert bound.told() == parts


def test_an_account_that_speaks_again_replaces_its_word_and_is_told_last() -> None:
    bound = bound_of()
    small, other = (Part(cookie, 3, 0, 9, (1,) * 8, None) for cookie in (5, 6))
    large = small._replace(tally=(1 << 40,) * 8, health=(0, 1) * 5)
    for part in (small, other, large):
        bound.note(part)
    assert bound.told() == [other, large]
    assert bound.drop(other)
    assert not bound.drop(other)
    assert bound.told() == [large]


def test_of_one_cookie_each_account_has_its_own_word() -> None:
    bound = bound_of()
    parts = [Part(5, first, 0, 9, (first,) * 8, None) for first in (3, 4)]
    for part in parts:
        bound.note(part)
    assert bound.told() == parts


def test_a_sum_goes_into_the_flow_once() -> None:
    bound = bound_of()
    assert bound.apply([1, 2, 3, 4, 5, 6, 7, 8]) == (1, 2, 3, 4, 5, 6, 7, 8)
    assert bound.apply([1, 2, 3, 1 << 33, 5, 6, 7, 9]) == (0, 0, 0, (1 << 33) - 4, 0, 0, 0, 1)
    assert bound.apply([1, 2, 3, 1 << 33, 5, 6, 7, 9]) == (0,) * 8


@given(
    side=st.integers(0, 1),
    steps=st.lists(
        st.tuples(st.sampled_from(["note", "drop", "as one says", "otherwise"]), PART), max_size=12
    ),
)
def test_what_is_in_the_flow_stays_as_it_was_applied_whatever_accounts_say_then(
    side: int, steps: list[tuple[str, Part]]
) -> None:
    bound = Bound(Flow(), b"ends", side, 7)
    applied = [0] * 8
    known: list[Part] = []
    for what, part in steps:
        if what == "note":
            bound.note(part)
            known = [each for each in known if (each.cookie, each.first) != (part.cookie, part.first)] + [
                part
            ]
        elif what == "drop" and known:
            assert bound.drop(known.pop(0))
        elif what == "as one says" or what == "otherwise":
            told = known[len(known) // 2].tally if known and what == "as one says" else part.tally
            total = [told[place ^ side] for place in range(8)]
            assert bound.apply(total) == tuple(new - old for new, old in zip(total, applied, strict=True))
            applied = total
        assert bound.applied == tuple(applied)
        assert bound.told() == known


def test_strangers_are_met_once() -> None:
    bound = bound_of()
    for cookie in (5, 1 << 63, 5):
        bound.meet(cookie)
    assert bound.strangers == [5, 1 << 63]


def test_a_verdict_that_holds_is_not_said_again() -> None:
    bound = bound_of()
    assert bound.modes == (books.UNDECIDED, books.UNDECIDED)
    assert bound.decide(0, books.MORE, 0xFFFFFFFF)
    assert not bound.decide(0, books.MORE, 0xFFFFFFFF)
    assert bound.decide(1, books.ENOUGH, 0)
    assert bound.decide(0, books.ALL, 0xFFFFFFFF)
    assert (bound.modes, bound.until) == ((books.ALL, books.ENOUGH), (0xFFFFFFFF, 0))
