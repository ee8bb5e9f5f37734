"""JSON5 (json5.org, version 1.0.0): JSON with comments, bare keys, single quotes and commas at the end. Pure.

Refuses keys that come twice, and what is too deep or too large.
"""

from __future__ import annotations

import re
from typing import Any

from procwire.shaping.texts.located import MAX_BYTES, FileError, Located, Place

MAX_DEPTH = 32
MAX_VALUES = 200_000
_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n\r\u2028\u2029]*|/\*.*?\*/)*", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w$\u200c\u200d]*|\$[\w$]*")
_NUMBER = re.compile(
    r"[+-]?(?:Infinity|NaN|0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
)
_WORDS = {"true": True, "false": False, "null": None}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_DIGITS = {"x": 2, "u": 4}


def read(text: str, name: str) -> Located:
    """Raises FileError."""
    if len(text) > MAX_BYTES:
        raise FileError(name, 1, f"larger than {MAX_BYTES} bytes")
    reader = _Reader(text, name)
    values = reader.value((), 0)
    reader.space()
    if reader.at < len(text):
        raise reader.fault("something follows the value")
    return Located(name, values, reader.lines)


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.at = 0
        self.lines: dict[Place, int] = {}
        self._values = 0
        self._counted = (0, 1)  # a place in the text, and its line

    def fault(self, words: str) -> FileError:
        """What is wrong here."""
        return FileError(self.name, self._line(), words)

    def space(self) -> str:
        """Skip space and comments; the next character, or nothing."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def value(self, place: Place, depth: int) -> Any:
        """One value."""
        sign = self.space()
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise self.fault("too many values, or too deep")
        self.lines.setdefault(place, self._line())
        if sign == "{":
            return self._object(place, depth)
        if sign == "[":
            return self._array(place, depth)
        if sign in ('"', "'") and sign:
            return self._string(sign)
        return self._plain()

    def _object(self, place: Place, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.at += 1
        while (sign := self.space()) != "}":
            line = self._line()
            key = self._string(sign) if sign in ('"', "'") and sign else self._name()
            if key in found:
                raise self.fault(f"{key!r} comes twice")
            if self.space() != ":":
                raise self.fault(f"a colon is wanted after {key!r}")
            self.at += 1
            self.lines[*place, key] = line
            found[key] = self.value((*place, key), depth + 1)
            self._separator("}")
        self.at += 1
        return found

    def _array(self, place: Place, depth: int) -> list[Any]:
        found: list[Any] = []
        self.at += 1
        while self.space() != "]":
            found.append(self.value((*place, len(found)), depth + 1))
            self._separator("]")
        self.at += 1
        return found

    def _separator(self, end: str) -> None:
        sign = self.space()
        if sign == ",":
            self.at += 1
        elif sign != end:
            raise self.fault(f"a comma or {end} is wanted")

    def _name(self) -> str:
        found = _NAME.match(self.text, self.at)
        if found is None:
            raise self.fault("a key is wanted")
        self.at = found.end()
        return found[0]

    def _plain(self) -> Any:
        found = _NAME.match(self.text, self.at)
        if found is not None and found[0] in _WORDS:
            self.at = found.end()
            return _WORDS[found[0]]
        number = _NUMBER.match(self.text, self.at)
        if number is None or not number[0].strip("+-."):
            raise self.fault("a value is wanted")
        self.at = number.end()
        if _NAME.match(self.text, self.at) is not None:
            raise self.fault("a value is wanted")
        return _number(number[0])

    def _string(self, quote: str) -> str:
        self.at += 1
        made: list[str] = []
        while True:
            sign = self.text[self.at : self.at + 1]
            if not sign or sign in "\n\r":
                raise self.fault("a text has no end")
            self.at += 1
            if sign == quote:
                return _paired("".join(made))
            made.append(self._escape() if sign == "\\" else sign)

    def _escape(self) -> str:
        sign = self.text[self.at : self.at + 1]
        self.at += 1
        if sign in ("\n", "\r", "\u2028", "\u2029"):
            if sign == "\r" and self.text[self.at : self.at + 1] == "\n":
                self.at += 1
            return ""
        if sign in _DIGITS:
            digits = self.text[self.at : self.at + _DIGITS[sign]]
            self.at += len(digits)
            if re.fullmatch(r"[0-9a-fA-F]+", digits) is None or len(digits) != _DIGITS[sign]:
                raise self.fault(f"\\{sign} wants {_DIGITS[sign]} hexadecimal digits")
            return chr(int(digits, 16))
        return _ESCAPES.get(sign, sign)

    def _line(self) -> int:
        before, line = self._counted
        if self.at >= before:
            line += self.text.count("\n", before, self.at)
            self._counted = (self.at, line)
            return line
        return self.text.count("\n", 0, self.at) + 1


def _paired(text: str) -> str:
    """Two escapes may be the halves of one character (UTF-16); a half alone is replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(written: str) -> int | float:
    sign = -1 if written.startswith("-") else 1
    plain = written.lstrip("+-")
    if plain in ("Infinity", "NaN"):
        return sign * float(plain.lower().replace("infinity", "inf"))
    if plain[:2].lower() == "0x":
        return sign * int(plain, 16)
    if plain.isdigit():
        return sign * int(plain)
    return sign * float(plain)
