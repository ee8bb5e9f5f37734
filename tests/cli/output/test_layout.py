"""Layout: cells counted as terminals count them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.cli.output.layout import cut, fit, width_of, widths
from procwire.model.values import clean


def test_wide_letters_count_two_and_marks_none() -> None:
    assert width_of("abc") == 3
    assert width_of("日本") == 4
    assert width_of("e\u0301") == 1


@given(st.text(max_size=20).map(clean), st.integers(0, 30))
def test_fit_is_exact(text: str, width: int) -> None:
    assert width_of(fit(text, width)) == width
    assert width_of(fit(text, width, right=True)) == width
    assert width_of(cut(text, width)) <= width


def test_what_is_cut_shows_it() -> None:
    assert cut("example.com", 6) == "examp…"
    assert fit("x", 3, right=True) == "  x"


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=1, max_size=8), st.integers(0, 200)
)
def test_widths_share_the_screen(columns: list[tuple[int, int]], total: int) -> None:
    wanted = [max(pair) for pair in columns]
    least = [min(pair) for pair in columns]
    out = widths(wanted, least, total)
    assert all(low <= width <= want for low, width, want in zip(least, out, wanted, strict=True))
    spaces = 2 * (len(out) - 1)
    if total and sum(least) + spaces <= total:
        assert sum(out) + spaces <= total
    if not total:
        assert out == wanted
