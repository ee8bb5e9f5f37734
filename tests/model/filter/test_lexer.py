"""Tokens: where they stand, and what is none."""

from __future__ import annotations

import pytest

from procwire.model.filter.fault import FilterError
from procwire.model.filter.lexer import MAX_CHARACTERS, Shape, tokens_of


def texts(text: str) -> list[str]:
    return [token.text for token in tokens_of(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("port==443", ["port", "==", "443"]),
        ("a!~b", ["a", "!~", "b"]),
        ("!a&&b||c", ["!", "a", "&&", "b", "||", "c"]),
        ("1024..2048", ["1024", "..", "2048"]),
        ("2001:db8::/32", ["2001:db8::/32"]),
        ("{1,2}", ["{", "1", ",", "2", "}"]),
        ("a <=b", ["a", "<=", "b"]),
        ('"a \\" b"x', ['a \\" b', "x"]),
        ("2026-01-31T12:00:00.5Z", ["2026-01-31T12:00:00.5Z"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert texts(text) == tokens


def test_places() -> None:
    found = tokens_of(' a "b" ')
    assert [(token.shape, token.at, token.length) for token in found] == [
        (Shape.WORD, 1, 1),
        (Shape.STRING, 3, 3),
        (Shape.END, 7, 1),
    ]


@pytest.mark.parametrize(("text", "at"), [("a & b", 2), ("x |", 2), ('ab "c', 3), ("'", 0)])
def test_what_is_no_token(text: str, at: int) -> None:
    with pytest.raises(FilterError) as caught:
        tokens_of(text)
    assert caught.value.at == at


def test_length_is_bounded() -> None:
    assert len(tokens_of("a" * MAX_CHARACTERS)) == 2
    with pytest.raises(FilterError):
        tokens_of("a" * (MAX_CHARACTERS + 1))
