"""Regular expressions that a user writes, made such that no input holds them up.

A subset of Python's. Every repeat takes all it can and gives nothing back, and the first alternative that
fits stays: each is compiled possessive, each group atomic, so that nothing is ever tried again and the time
is linear in the input for each place where a match may start. Refuses what would need more: looking around,
references back, lazy repeats; and ``.*``, which would leave nothing for what follows it.
"""

from __future__ import annotations

import re
import warnings

from procwire.model.patterns import lazy

MAX_PATTERN = 200  # characters
MAX_GROUPS = 20
_REPEAT = lazy(r"[*+?]|\{\d{1,3}(?:,\d{0,3})?\}|\{,\d{1,3}\}")
_OPEN = lazy(r"\((?:\?:|\?P<[A-Za-z_]\w*>)?")
_CLASS = lazy(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
_ESCAPE = lazy(r"\\(?:x[0-9A-Fa-f]{2}|[^1-9])", re.DOTALL)
_LITERAL = lazy(r"\\x([0-9A-Fa-f]{2})|\\([^0-9A-Za-z])|([^\\.\[\](){}*+?|^$])")


class PatternError(Exception):
    """An expression that cannot be had; says why."""


def compiled(text: str) -> re.Pattern[bytes]:
    """The expression over bytes. Raises PatternError."""
    if not text or len(text) > MAX_PATTERN:
        raise PatternError(f"a regular expression has 1 to {MAX_PATTERN} characters")
    if not text.isascii():
        raise PatternError("a regular expression is ASCII: write other bytes as in \\xc3\\xa9")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python says of a doubtful set is for the one who wrote it
            return re.compile(_possessive(text).encode("ascii"))
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise PatternError(f"not a regular expression: {error}") from None


def literal(text: str) -> bytes:
    """The bytes that whatever matches starts with."""
    found, at = b"", 0
    while (match := _LITERAL.match(text, at)) is not None:
        at = match.end()
        if _REPEAT.match(text, at):
            break
        found += bytes([int(match[1], 16)]) if match[1] else (match[2] or match[3]).encode("utf-8")
    return found


def _possessive(text: str) -> str:
    made: list[str] = []
    at = depth = groups = 0
    while at < len(text):
        part = _part(text, at)
        at += len(part)
        if part[0] == "(":
            depth, groups = depth + 1, groups + 1
            part = f"(?>{part}"
        elif part == ")":
            depth -= 1
            part = "))"
        elif part == "|" and not depth:
            raise PatternError("alternatives go into a group, as in (a|b)")
        made.append(part)
        repeat = _REPEAT.match(text, at)
        if repeat is not None:
            _check_repeat(text, part, repeat)
            made.append(f"{repeat[0]}+")
            at = repeat.end()
        if depth < 0 or groups > MAX_GROUPS:
            raise PatternError("too many groups, or one that was not opened")
    return "".join(made)


def _part(text: str, at: int) -> str:
    """One atom, or the opening or closing of a group."""
    one = text[at]
    if one in "*+?{":
        raise PatternError(f"nothing to repeat at {text[at : at + 5]!r}")
    form = {"(": _OPEN, "[": _CLASS, "\\": _ESCAPE}.get(one)
    if form is None:
        return one
    match = form.match(text, at)
    if match is None or (one == "(" and text[match.end() : match.end() + 1] == "?"):
        what = "has no end" if one == "[" else "is not supported"
        raise PatternError(f"{text[at : at + 5]!r} {what}")
    return match[0]


def _check_repeat(text: str, part: str, repeat: re.Match[str]) -> None:
    if text[repeat.end() : repeat.end() + 1] in ("?", "+", "*", "{"):
        raise PatternError("a repeat may not be lazy, possessive or repeated")
    if part == "." and repeat[0] in ("*", "+"):
        raise PatternError(
            f"'.{repeat[0]}' takes all that follows: say what ends it, as in '[^;]{repeat[0]}'"
        )
    if part[:3] == "(?>" or part in ("^", "$", "|"):
        raise PatternError("nothing to repeat")
