"""What patterns can begin with: never less than what they do, and enough to tell parts apart."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]

import pytest

from procwire.model.filter.firsts import ALL, OTHERS, firsts

PATTERNS = (
    "a", "[a-c]x", "[^a]", r"\d", r"\D", r"\s?x", r"\w*-", r"[^\w]", r"\W", "(?i)k", "(?i)[a-c]",
    "(?a:\\W)", "é|Ü", "(?i)é", "a|b|cd", "(a|b)?c", "(?>a?)b", "^a", "a*?b", "(?=x)a", "[é-ü]", "[^é-ü]",
    "(?a:[^\\w])", ".", "[\u0100-\u0200]", "(?i)\u212a", "a{0,2}b", "a++b", "[^\\d\\s]", "(?i)s", "(?i)i",
    "(?i)µ", "(?i)ÿ", "(?i)[^k]",
)  # fmt: skip
LETTERS = [chr(code) for code in range(256)] + [
    *"\u212a\u0130\u0131\u017f\u03bc\u0178\u1e9e\u0150\u3000\u0660"
]


def bit(letter: str) -> int:
    return 1 << ord(letter) if ord(letter) < 256 else OTHERS


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_first_character_is_among_them(pattern: str) -> None:
    found, empty = firsts(_parser.parse(pattern))
    tails = ("", "a", "b", "c", "x", "-", "d", "cd", "xa")
    compiled = re.compile(pattern)
    for letter in LETTERS:
        if any(compiled.fullmatch(letter + tail) for tail in tails):
            assert found & bit(letter), letter
    assert empty == (compiled.fullmatch("") is not None)


def test_parts_are_told_apart() -> None:
    assert not firsts(_parser.parse(r"\s"))[0] & firsts(_parser.parse("[0-9a-f]"))[0]
    assert not firsts(_parser.parse('[^"]'))[0] & firsts(_parser.parse('"'))[0]
    assert firsts(_parser.parse("."))[0] == ALL
