"""Tokens to a tree: a recursive descent whose depth is bounded. Knows no column; see checker."""

from __future__ import annotations

import re

from procwire.model.filter.fault import FilterError
from procwire.model.filter.lexer import Shape, Token, tokens_of
from procwire.model.filter.syntax import KEYWORDS, And, Compare, Free, Is, Not, Or, Range, Tree, Word
from procwire.model.patterns import lazy

MAX_DEPTH = 64
SIGNS = {"=": "==", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "~": "~", "!~": "!~"}
_ESCAPE = lazy(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\", '"': '"', "'": "'"}


def parse(text: str) -> Tree:
    """The tree of a filter. Raises FilterError and nothing else."""
    reader = _Reader(text)
    if reader.ended():
        raise FilterError("the filter is empty", text, hint="for example: proto == tls and bytes > 1MB")
    tree = reader.either(0)
    if not reader.ended():
        raise reader.wrong("this does not belong here", "join two tests with and or or")
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.place = 0

    @property
    def now(self) -> Token:
        return self.tokens[self.place]

    def ended(self) -> bool:
        return self.now.shape is Shape.END

    def take(self) -> Token:
        token = self.tokens[self.place]
        self.place += token.shape is not Shape.END
        return token

    def wrong(self, message: str, hint: str = "", token: Token | None = None) -> FilterError:
        token = token or self.now
        if token.shape is Shape.END:
            message = "the filter ends too early"
        return FilterError(message, self.text, token.at, token.length, hint)

    def either(self, depth: int) -> Tree:
        at = self.now.at
        items = [self.both(depth)]
        while self.now.is_word("or") or self.now.is_sign("||"):
            self.take()
            items.append(self.both(depth))
        return items[0] if len(items) == 1 else Or(items=tuple(items), at=at)

    def both(self, depth: int) -> Tree:
        at = self.now.at
        items = [self.single(depth)]
        while True:
            if self.now.is_word("and") or self.now.is_sign("&&"):
                self.take()
            elif not self.starts():
                break
            items.append(self.single(depth))
        return items[0] if len(items) == 1 else And(items=tuple(items), at=at)

    def starts(self) -> bool:
        """Whether a further test stands here without an "and" before it."""
        token = self.now
        if token.shape is Shape.WORD:
            return token.is_word("not") or token.text.lower() not in KEYWORDS
        return token.shape is Shape.STRING or token.is_sign("(", "!")

    def single(self, depth: int) -> Tree:
        token = self.now
        if depth >= MAX_DEPTH:
            raise self.wrong(f"more than {MAX_DEPTH} tests inside each other")
        if token.is_word("not") or token.is_sign("!"):
            self.take()
            return Not(item=self.single(depth + 1), at=token.at, length=token.length)
        if token.is_sign("("):
            self.take()
            tree = self.either(depth + 1)
            if not self.now.is_sign(")"):
                raise self.wrong(
                    "a ) is missing here", f"a ) is missing for the ( at character {token.at + 1}"
                )
            self.take()
            return tree
        if token.shape is Shape.STRING:
            self.take()
            return Free(text=self.plain(token), at=token.at, length=token.length)
        if token.shape is not Shape.WORD or token.text.lower() in KEYWORDS:
            raise self.wrong("a test is expected here", "for example: port == 443")
        return self.test(self.take())

    def test(self, name: Token) -> Tree:
        token = self.now
        if token.is_word("is"):
            return self.known(name)
        if token.is_word("in"):
            self.take()
            return self.compare(name, "in")
        if token.is_word("contains"):
            self.take()
            return self.compare(name, "contains")
        if token.is_word("not") and self.tokens[self.place + 1].is_word("in"):
            self.take()
            self.take()
            return self.compare(name, "not in")
        if token.shape is Shape.SIGN and token.text in SIGNS:
            self.take()
            return self.compare(name, SIGNS[token.text])
        return Free(text=name.text, at=name.at, length=name.length)

    def known(self, name: Token) -> Is:
        self.take()
        positive = True
        if self.now.is_word("not"):
            self.take()
            positive = False
        if not self.now.is_word("known", "unknown"):
            raise self.wrong("known or unknown is expected here", f"for example: {name.text} is known")
        known = self.take().is_word("known") == positive
        return Is(name=name.text, known=known, at=name.at, length=name.length)

    def compare(self, name: Token, operator: str) -> Compare:
        if self.now.is_sign("{"):
            if operator not in ("in", "not in"):
                raise self.wrong(f"a set does not follow {operator}", "use in or not in with a set")
            values = self.members()
        else:
            value = self.value(pattern=operator in ("~", "!~"))
            if isinstance(value, Range) and operator not in ("in", "not in"):
                message = f"a range does not follow {operator}"
                raise FilterError(message, self.text, value.at, value.length, "use in or not in with a range")
            values = (value,)
        return Compare(name=name.text, operator=operator, values=values, at=name.at, length=name.length)

    def members(self) -> tuple[Word | Range, ...]:
        self.take()
        values = [self.value()]
        while self.now.is_sign(","):
            self.take()
            values.append(self.value())
        if not self.now.is_sign("}"):
            raise self.wrong("a , or } is expected here")
        self.take()
        return tuple(values)

    def value(self, *, pattern: bool = False) -> Word | Range:
        low = self.word(pattern)
        if not self.now.is_sign(".."):
            return low
        self.take()
        high = self.word(pattern)
        return Range(low=low, high=high, at=low.at, length=high.at + high.length - low.at)

    def word(self, pattern: bool) -> Word:
        token = self.now
        if token.shape is Shape.STRING:
            text = token.text if pattern else self.plain(token)
        elif token.shape is Shape.WORD and token.text.lower() not in KEYWORDS:
            text = token.text
        else:
            raise self.wrong("a value is expected here", "put text with spaces or odd signs in quotes")
        self.take()
        return Word(text=text, quoted=token.shape is Shape.STRING, at=token.at, length=token.length)

    def plain(self, token: Token) -> str:
        """A quoted string with its escapes undone. The string after ~ keeps them: they are the pattern's."""

        def undo(found: re.Match[str]) -> str:
            code = found[1]
            if len(code) > 1:
                return chr(int(code[1:], 16))
            if code not in _LETTERS:
                raise FilterError(
                    f"\\{code} is not an escape",
                    self.text,
                    token.at + 1 + found.start(),
                    2,
                    "the escapes are \\\\ \\\" \\' \\n \\r \\t \\0 \\xNN \\uNNNN; write \\\\ for a backslash",
                )
            return _LETTERS[code]

        return _ESCAPE.sub(undo, token.text)
