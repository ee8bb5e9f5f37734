"""The grammar: what binds to what, and errors at the right place."""

from __future__ import annotations

import pytest

from procwire.model.filter.fault import FilterError
from procwire.model.filter.parser import MAX_DEPTH, parse
from procwire.model.filter.syntax import And, Compare, Free, Is, Not, Or, Range, Word


def test_and_binds_closer_than_or_and_not_closest() -> None:
    tree = parse("a or not b and c")
    assert isinstance(tree, Or)
    both = tree.items[1]
    assert isinstance(both, And)
    assert isinstance(both.items[0], Not)
    assert isinstance(both.items[1], Free)


def test_sets_hold_values_and_ranges() -> None:
    tree = parse('port in {443, 1..2, "x"}')
    assert isinstance(tree, Compare)
    assert [type(value) for value in tree.values] == [Word, Range, Word]
    assert isinstance(tree.values[2], Word)
    assert tree.values[2].quoted


def test_is_known() -> None:
    assert parse("a is not unknown") == Is(name="a", known=True, at=0, length=1)


def test_escapes_are_undone_in_values_and_kept_in_patterns() -> None:
    value, pattern = parse(r'a == "\x41\u00e9\\\""'), parse(r'a ~ "\.\d\\"')
    assert isinstance(value, Compare)
    assert isinstance(pattern, Compare)
    assert isinstance(value.values[0], Word)
    assert isinstance(pattern.values[0], Word)
    assert value.values[0].text == 'Aé\\"'
    assert pattern.values[0].text == r"\.\d\\"


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("", 0, "empty"),
        ("  ", 0, "empty"),
        ("a ==", 4, "too early"),
        ("(a", 2, "too early"),
        ("a)", 1, "does not belong"),
        ("a == {1}", 5, "a set does not follow =="),
        ("a == 1..2", 5, "a range does not follow =="),
        ("a in {}", 6, "a value is expected"),
        ("a in {1 2}", 8, "a , or } is expected"),
        ("a is 5", 5, "known or unknown"),
        ("and a", 0, "a test is expected"),
        ("a == and", 5, "a value is expected"),
        (r'a == "x\q"', 7, "not an escape"),
        ("== 5", 0, "a test is expected"),
    ],
)
def test_errors_say_where(text: str, at: int, message: str) -> None:
    with pytest.raises(FilterError, match=message) as caught:
        parse(text)
    assert caught.value.at == at


def test_depth_is_bounded() -> None:
    deep = MAX_DEPTH - 1
    assert parse("(" * deep + "a" + ")" * deep) == Free(text="a", at=deep, length=1)
    for text in ("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, "not " * MAX_DEPTH + "a", "!" * 5000 + "a"):
        with pytest.raises(FilterError, match="inside each other"):
            parse(text)
