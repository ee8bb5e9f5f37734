"""Texts of Sigma's values: wildcards, and what modifiers make of one: encodings, dashes, placeholders."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import product
from typing import Any

from procwire.extensions.sigma.reason import SigmaError

MAX_EXPANDED = 500  # values that placeholders make of one
MAX_DASHES = 4  # flags in one value with windash: each is tried with each kind of dash
_FLAG = re.compile(r"(?:^|(?<=\s))[-/\u2013\u2014\u2015](?=\w)")
_PLACEHOLDER = re.compile(r"(?<!\\)%([^%\s\\]+)(?<!\\)%")
DASHES = ("-", "/", "\u2013", "\u2014", "\u2015")
ENCODINGS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be", "utf16": "utf-16"}


class Wild(Enum):
    """A wildcard."""

    MANY = "%"
    ONE = "_"


Text = tuple[str | Wild, ...]


def parsed(value: str) -> Text:
    """Text with its wildcards."""
    parts: list[str | Wild] = [""]
    letters = iter(range(len(value)))
    for at in letters:
        letter, behind = value[at], value[at + 1 : at + 2]
        if letter == "\\" and behind and behind in "*?\\":
            next(letters)
            _put(parts, behind)
        elif letter in "*?":
            parts.append(Wild.MANY if letter == "*" else Wild.ONE)
        else:
            _put(parts, letter)
    return tuple(part for part in parts if part != "")


def _put(parts: list[str | Wild], letter: str) -> None:
    last = parts[-1]
    if isinstance(last, str):
        parts[-1] = last + letter
    else:
        parts.append(letter)


def plain_of(text: Text) -> str:
    if any(isinstance(part, Wild) for part in text):
        raise SigmaError("a wildcard cannot be encoded", "wildcard in base64")
    return "".join(str(part) for part in text)


def encoded(text: Text, coding: str, *, offsets: bool) -> list[str]:
    """Base64; with ``offsets``, what of it is the same at each of three places in a longer text."""
    data = plain_of(text).encode(coding)
    if not offsets:
        return [base64.b64encode(data).decode()]
    cut = ((0, (0, -3, -2)), (2, (0, -3, -2)), (3, (0, -3, -2)))
    found = []
    for shift, (start, ends) in enumerate(cut):
        encoded = base64.b64encode(b" " * shift + data).decode()
        end = ends[(len(data) + shift) % 3]
        found.append(encoded[start : len(encoded) + end])
    return found


def dashed(text: Text) -> list[Text]:
    """The same with each kind of dash where a flag begins with one, in all permutations."""
    plain = "".join("\0" if isinstance(part, Wild) else part for part in text)
    kinds = [part for part in text if isinstance(part, Wild)]
    places = [found.start() for found in _FLAG.finditer(plain)]
    if len(places) > MAX_DASHES:
        raise SigmaError(
            f"{len(places)} flags in one value, at most {MAX_DASHES} are permuted", "modifier windash"
        )
    found: dict[Text, None] = {text: None}
    for dashes in product(DASHES, repeat=len(places)):
        letters = list(plain)
        for place, dash in zip(places, dashes, strict=True):
            letters[place] = dash
        found[_rejoined("".join(letters), kinds)] = None
    return list(found)


def _rejoined(plain: str, kinds: Sequence[Wild]) -> Text:
    """Text with its wildcards again in their places."""
    parts: list[str | Wild] = []
    for number, part in enumerate(plain.split("\0")):
        parts += [kinds[number - 1]] if number else []
        parts += [part] if part else []
    return tuple(parts)


def expanded(value: Any, placeholders: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The value once for each value of each placeholder in it."""
    if not isinstance(value, str):
        return [value]
    waiting, done = [value], []
    while waiting:
        text = waiting.pop(0)
        found = _PLACEHOLDER.search(text)
        if found is None:
            done.append(text.replace("\\%", "%"))
            continue
        name = found.group(1)
        if name not in placeholders:
            words = f"no values are given for the placeholder %{name}%: --placeholders FILE"
            raise SigmaError(words, f"placeholder {name}")
        waiting += [f"{text[: found.start()]}{one}{text[found.end() :]}" for one in placeholders[name]]
        if len(waiting) + len(done) > MAX_EXPANDED:
            raise SigmaError(f"%{name}% makes more than {MAX_EXPANDED} values", "placeholder")
    if not done:
        raise SigmaError(f"{value!r} makes no values", "placeholder")
    return done
