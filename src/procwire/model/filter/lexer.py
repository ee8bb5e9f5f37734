"""Filter text to tokens, in one pass. Refuses nothing but open strings and lone punctuation."""

from __future__ import annotations

import enum
import re

import msgspec

from procwire.model.filter.fault import FilterError
from procwire.model.patterns import lazy

MAX_CHARACTERS = 10_000


class Shape(enum.Enum):
    """What a token is."""

    WORD = "word"
    STRING = "string"
    SIGN = "sign"  # operators and brackets, by their text
    END = "end"


class Token(msgspec.Struct, frozen=True):
    """``text`` of a string is what stands between the quotes, escapes untouched."""

    shape: Shape
    text: str
    at: int
    length: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these keywords, in any case of letters."""
        return self.shape is Shape.WORD and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of these signs."""
        return self.shape is Shape.SIGN and self.text in signs


_TOKEN = lazy(
    r"""(?P<space>\s+)
    |(?P<sign>==|!=|<=|>=|!~|&&|\|\||\.\.|[=<>~!(){},])
    |(?P<string>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
    |(?P<word>(?:(?!\.\.)[^\s"'(){},=!<>~&|])+)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens_of(text: str) -> list[Token]:
    """All tokens and a last one of shape END. Raises FilterError."""
    if len(text) > MAX_CHARACTERS:
        raise FilterError(f"a filter has at most {MAX_CHARACTERS:,} characters", text, MAX_CHARACTERS)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _stray(text, at)
        whole = found[0]
        if found.lastgroup == "string":
            tokens.append(Token(Shape.STRING, whole[1:-1], at, len(whole)))
        elif found.lastgroup != "space":
            shape = Shape.WORD if found.lastgroup == "word" else Shape.SIGN
            tokens.append(Token(shape, whole, at, len(whole)))
        at = found.end()
    tokens.append(Token(Shape.END, "", len(text), 1))
    return tokens


def _stray(text: str, at: int) -> FilterError:
    sign = text[at]
    if sign in "\"'":
        return FilterError("this quoted string has no end", text, at, hint=f"close it with {sign}")
    if sign in "&|":
        return FilterError(f"a single {sign} means nothing", text, at, hint="write and, or, && or ||")
    return FilterError(f"{sign} means nothing here", text, at, hint="put text with odd signs in quotes")
