"""Texts with their wildcards, and what modifiers make of them."""

from __future__ import annotations

import pytest

from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.texts import MAX_EXPANDED, Wild, dashed, encoded, expanded, parsed


def test_wildcards_and_what_is_none() -> None:
    assert parsed("a*b?c") == ("a", Wild.MANY, "b", Wild.ONE, "c")
    assert parsed("\\*\\?\\x\\\\") == ("*?\\x\\",)
    assert parsed("") == ()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("a\\b", ("a\\b",)), ("a\\\\b", ("a\\b",)), ("\\*", ("*",)), ("\\\\*", ("\\", Wild.MANY)),
        ("\\\\\\*", ("\\*",)), ("\\\\\\\\", ("\\\\",)), ("\\\\\\", ("\\\\",)),
    ],
)  # fmt: skip
def test_backslashes_as_the_specification_has_them(said: str, meant: tuple[object, ...]) -> None:
    assert parsed(said) == meant


def test_dashes_are_permuted_and_wildcards_stay() -> None:
    made = dashed(("-a ", Wild.MANY, " /b c-d"))
    assert len(made) == 25
    assert ("\u2013a ", Wild.MANY, " \u2015b c-d") in made
    assert dashed(("abc",)) == [("abc",)]


def test_base64_and_its_three_places() -> None:
    assert encoded(("foobar",), "utf-8", offsets=False) == ["Zm9vYmFy"]
    assert encoded(("foobar",), "utf-8", offsets=True) == ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]


def test_placeholders() -> None:
    values: dict[str, list[object]] = {"a": [1, 2], "b": ["x", "y"]}
    assert expanded("%a%-%b%", values) == ["1-x", "1-y", "2-x", "2-y"]
    assert expanded("100% of %a%", {"a": ["z"]}) == ["100% of z"]
    assert expanded(5, values) == [5]
    with pytest.raises(SigmaError, match="makes no values"):
        expanded("%a%", {"a": []})
    with pytest.raises(SigmaError, match=f"more than {MAX_EXPANDED}"):
        expanded("%a%", {"a": ["x"] * (MAX_EXPANDED + 1)})
