"""Trees print as text that reads back as the same tree."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.model.filter import syntax
from procwire.model.filter.parser import parse


def bare(tree: Any) -> Any:
    """A tree without places."""
    if isinstance(tree, dict):
        return {key: bare(value) for key, value in tree.items() if key not in ("at", "length")}
    return [bare(item) for item in tree] if isinstance(tree, list | tuple) else tree


def plain(tree: syntax.Tree) -> Any:
    return bare(msgspec.to_builtins(tree))


LETTERS = "abcxyz0189_-./:*+@%#?é"
BARE = st.text(LETTERS, min_size=1, max_size=8).filter(
    lambda text: ".." not in text and not text.startswith(".") and not text.endswith(".")
)
WORDS = BARE.map(lambda text: syntax.Word(text=text)) | st.text(max_size=8).map(
    lambda text: syntax.Word(text=text, quoted=True)
)
RANGES = st.builds(lambda low, high: syntax.Range(low=low, high=high), WORDS, WORDS)
ONE = st.builds(
    lambda name, sign, value: syntax.Compare(name=name, operator=sign, values=(value,)),
    BARE,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "contains", "in", "not in"]),
    WORDS,
)
SETS = st.builds(
    lambda name, sign, values: syntax.Compare(name=name, operator=sign, values=tuple(values)),
    BARE,
    st.sampled_from(["in", "not in"]),
    st.lists(WORDS | RANGES, min_size=1, max_size=4),
)
PATTERNS = st.builds(
    lambda name, text: syntax.Compare(name=name, operator="~", values=(syntax.Word(text=text, quoted=True),)),
    BARE,
    st.text(LETTERS + "^$()[]| '", max_size=9),
)
LEAVES = st.one_of(
    ONE,
    SETS,
    PATTERNS,
    st.builds(lambda name, known: syntax.Is(name=name, known=known), BARE, st.booleans()),
    st.text(max_size=9).map(lambda text: syntax.Free(text=text)),
)
TREES: st.SearchStrategy[syntax.Tree] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda item: syntax.Not(item=item)),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: syntax.And(items=tuple(items))),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: syntax.Or(items=tuple(items))),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(TREES)
def test_text_reads_back_as_the_same_tree(tree: syntax.Tree) -> None:
    assert plain(parse(syntax.show(tree))) == plain(tree)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a=1", "a == 1"),
        ("a b", "a and b"),
        ("(a)", "a"),
        ("a and (b and c)", "a and (b and c)"),
        ("!(a||b)", "not (a or b)"),
        ("a in {1}", "a in 1"),
        ("a in {1,2..3}", "a in {1, 2..3}"),
        ("a is not known", "a is unknown"),
        ("'it\\'s'", '"it\'s"'),
        ('"and"', '"and"'),
        ('a ~ "x\\.y"', 'a ~ "x\\.y"'),
    ],
)
def test_one_normal_form(text: str, shown: str) -> None:
    assert syntax.show(parse(text)) == shown
