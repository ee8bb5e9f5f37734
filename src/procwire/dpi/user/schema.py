"""What a user may say of a protocol: plain values, checked one by one, to a description.

Refuses whatever it does not know: a word that is misspelt must not be passed over. An error names the place
by its path through the values, from which the reader of a file finds the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any

import msgspec

from procwire.dpi.user.pattern import PatternError, compiled, literal
from procwire.model.observed import BESIDE
from procwire.model.patterns import lazy

MAX_PORTS = 64
MAX_MATCHES = 16
MAX_FIELDS = 32
MAX_WINDOW = 256  # of a side's first bytes, in which a protocol must show itself
MAX_MESSAGE = 1024  # of a message, in which fields are looked for
MAX_UINT = 8
MIN_FIXED = 2  # bytes that a pattern must fix: random bytes are claimed less than once in 4,000 then

SIDES = ("client", "server", "any")
TYPES = ("uint", "text", "hex")
_NAME = lazy(r"[a-z][a-z0-9_]{0,31}")
_PORT = lazy(r"(tcp|udp)/(\d{1,5})")
_OWN = frozenset({"time", "side"})

Path = tuple[str | int, ...]


class SchemaError(Exception):
    """Something that cannot be meant; ``path`` leads to it."""

    def __init__(self, path: Path, words: str) -> None:
        super().__init__(words)
        self.path = path


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes by which a side gives the protocol away: ``fixed`` at ``at``; there ``regex`` too, if any."""

    side: str
    at: int
    fixed: bytes
    regex: re.Pattern[bytes] | None


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One column; ``regex`` or (``at``, ``size``) says where its value is."""

    name: str
    doc: str
    side: str
    type: str
    at: int = 0
    size: int = 0
    little: bool = False
    regex: re.Pattern[bytes] | None = None


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """A protocol as its user describes it."""

    name: str
    description: str
    transports: tuple[str, ...]
    ports: tuple[tuple[str, int], ...]
    matches: tuple[Match, ...]
    fields: tuple[Field, ...]
    every: bool = False  # fields are of every message, not of a side's first


def described(values: Any) -> Description:
    """Check everything. Raises SchemaError for the first thing that is wrong."""
    given = _mapping(
        values, (), ("name", "description", "transports", "match"), ("ports", "fields", "messages")
    )
    transports = _each(given["transports"], ("transports",), 2, _transport)
    if len(set(transports)) < len(transports):
        raise SchemaError(("transports",), "named twice")
    ports = _each(given.get("ports", []), ("ports",), MAX_PORTS, _port, least=0)
    for number, (transport, _) in enumerate(ports):
        if transport not in transports:
            raise SchemaError(("ports", number), f"a port of {transport}, which is not among the transports")
    fields = _each(given.get("fields", []), ("fields",), MAX_FIELDS, _field, least=0)
    for number, field in enumerate(fields):
        if field.name in {other.name for other in fields[:number]}:
            raise SchemaError(("fields", number, "name"), f"the name {field.name!r} is taken")
    return Description(
        name=_name(given["name"], ("name",)),
        description=_line(given["description"], ("description",)),
        transports=tuple(transports),
        ports=tuple(ports),
        matches=tuple(_each(given["match"], ("match",), MAX_MATCHES, _match)),
        fields=tuple(fields),
        every=_choice(given.get("messages", "first"), ("messages",), ("first", "every")) == "every",
    )


def _mapping(values: Any, path: Path, needed: tuple[str, ...], more: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(values, dict):
        raise SchemaError(path, f"must be a mapping with {', '.join(needed)}")
    for key in values:
        if key not in (*needed, *more):
            raise SchemaError((*path, key), f"{key!r} is not known; there are {', '.join((*needed, *more))}")
    for key in needed:
        if key not in values:
            raise SchemaError(path, f"{key!r} is missing")
    return values


def _each(values: Any, path: Path, most: int, one: Callable[[Any, Path], Any], least: int = 1) -> list[Any]:
    if not isinstance(values, list) or not least <= len(values) <= most:
        raise SchemaError(path, f"must be a list of {least} to {most}")
    return [one(value, (*path, number)) for number, value in enumerate(values)]


def _text(value: Any, path: Path, most: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise SchemaError(path, f"must be text of 1 to {most} characters (quote what looks like a number)")
    return value


def _line(value: Any, path: Path) -> str:
    text = _text(value, path, 200).strip()
    if not text.isprintable() or not text:
        raise SchemaError(path, "must be one line of printable text")
    return text


def _name(value: Any, path: Path) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value) or iskeyword(value) or value in _OWN:
        raise SchemaError(
            path, f"{value!r} is no name: a-z, then a-z, 0-9 or _, at most 32; no reserved word"
        )
    return value


def _column(value: Any, path: Path) -> str:
    """A field's name: none of the columns of its flow, which it would hide in every record."""
    name = _name(value, path)
    if name in BESIDE:
        raise SchemaError(path, f"{name!r} is a column of every record's flow: take another name")
    return name


def _choice(value: Any, path: Path, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise SchemaError(path, f"{value!r} is none of {', '.join(choices)}")
    return str(value)


def _number(value: Any, path: Path, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise SchemaError(path, f"{value!r} is not a whole number from {low} to {high}")
    return value


def _transport(value: Any, path: Path) -> str:
    return _choice(value, path, ("tcp", "udp"))


def _port(value: Any, path: Path) -> tuple[str, int]:
    match = _PORT.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 0 < int(match[2]) < 1 << 16:
        raise SchemaError(path, f"{value!r} is not a port as in tcp/7000")
    return match[1], int(match[2])


def _regex(value: Any, path: Path) -> re.Pattern[bytes]:
    try:
        return compiled(_text(value, path, MAX_MESSAGE))
    except PatternError as error:
        raise SchemaError(path, str(error)) from None


def _match(value: Any, path: Path) -> Match:
    given = _mapping(value, path, (), ("side", "at", "hex", "text", "regex"))
    forms = [form for form in ("hex", "text", "regex") if form in given]
    if len(forms) != 1:
        raise SchemaError(path, "needs one of hex, text, regex")
    form, here = forms[0], (*path, forms[0])
    regex = _regex(given[form], here) if form == "regex" else None
    text = _text(given[form], here, MAX_WINDOW * 2)
    fixed = _hex(text, here) if form == "hex" else literal(text) if regex else text.encode("utf-8")
    if len(fixed) < MIN_FIXED:
        raise SchemaError(here, f"must start with at least {MIN_FIXED} bytes that are always the same")
    at = _number(given.get("at", 0), (*path, "at"), 0, MAX_WINDOW)
    if at + len(fixed) > MAX_WINDOW:
        raise SchemaError(here, f"goes beyond the first {MAX_WINDOW} bytes")
    side = _choice(given.get("side", "any"), (*path, "side"), SIDES)
    return Match(side=side, at=at, fixed=fixed, regex=regex)


def _hex(text: str, path: Path) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise SchemaError(path, f"{text!r} is not pairs of hexadecimal digits") from None


def _field(value: Any, path: Path) -> Field:
    given = _mapping(value, path, ("name",), ("description", "side", "type", "at", "size", "endian", "regex"))
    name = _column(given["name"], (*path, "name"))
    doc = _line(given.get("description", f"Field {name} as described."), (*path, "description"))
    found = Field(
        name=name,
        doc=doc if doc.endswith(".") else f"{doc}.",
        side=_choice(given.get("side", "any"), (*path, "side"), SIDES),
        type=_choice(given.get("type", "text"), (*path, "type"), TYPES),
        little=_choice(given.get("endian", "big"), (*path, "endian"), ("big", "little")) == "little",
    )
    if "regex" in given:
        return msgspec.structs.replace(found, regex=_field_regex(given, found, path))
    if "at" not in given or "size" not in given:
        raise SchemaError(path, "needs regex, or at and size")
    at = _number(given["at"], (*path, "at"), 0, MAX_MESSAGE - 1)
    most = MAX_UINT if found.type == "uint" else MAX_MESSAGE - at
    return msgspec.structs.replace(found, at=at, size=_number(given["size"], (*path, "size"), 1, most))


def _field_regex(given: Mapping[str, Any], found: Field, path: Path) -> re.Pattern[bytes]:
    for key in ("at", "size", "endian"):
        if key in given:
            raise SchemaError((*path, key), f"{key} and regex exclude each other")
    if found.type == "uint":
        raise SchemaError((*path, "type"), "what a regex finds is text or hex")
    regex = _regex(given["regex"], (*path, "regex"))
    if regex.groups > 1 and found.name not in regex.groupindex:
        raise SchemaError(
            (*path, "regex"), f"of several groups one must be named, as in (?P<{found.name}>...)"
        )
    return regex
