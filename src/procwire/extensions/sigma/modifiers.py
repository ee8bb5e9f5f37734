"""One field of a selection: its values, changed by its modifiers, as conditions on a column.

After the Sigma specification 2.1. Text is compared without regard to case, unless ``cased`` is said; ``*``
and ``?`` are wildcards, a backslash before one takes it as it is. What cannot be is refused by name.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from procwire.extensions.sigma.condition import All, Leaf, Node, Not, Want
from procwire.extensions.sigma.condition import Any as AnyOf
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.texts import ENCODINGS, Text, Wild, dashed, encoded, expanded, parsed
from procwire.model.columns import Column, Kind
from procwire.model.filter.pattern import PatternError, compile_pattern
from procwire.store.functions import TIME_PARTS

COMPARE = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
FLAGS = {"i": "i", "ignorecase": "i", "m": "m", "multiline": "m", "s": "s", "dotall": "s"}
PLACES = ("contains", "startswith", "endswith")
KNOWN = frozenset({
    *ENCODINGS, *COMPARE, *FLAGS, *PLACES, "all", "re", "cidr", "base64", "base64offset", "windash", "exists",
    "fieldref", "cased", "neq", "expand", *TIME_PARTS,
})  # fmt: skip
COLUMN = "\0"  # stands for the column in a condition that is being made: no text of a query holds it
LAST = "\uffff"  # ends two texts that are to end alike: no character (Unicode, section 23.7)
_NUMBERS = (Kind.INTEGER, Kind.SIZE, Kind.DURATION, Kind.NUMBER, Kind.TIME, Kind.BOOLEAN)


Resolve = Callable[[str], Column]


def quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """A column, what stands before values in it, and the modifiers that were said."""

    column: Column
    modifiers: tuple[str, ...]
    before: str = ""
    placeholders: Mapping[str, Sequence[Any]] = {}

    def node(self, values: Sequence[Any], resolve: Resolve) -> Node:
        """All its values together. Raises SigmaError."""
        for name in self.modifiers:
            if name not in KNOWN:
                raise SigmaError(f"the modifier {name} is not known", f"modifier {name}")
        if not values:
            raise SigmaError(f"{self.column.name} has no values", "no values")
        if self._has(*TIME_PARTS) is not (self.column.kind is Kind.TIME):
            words = "a time is asked for a part of it" if self.column.kind is Kind.TIME else "it is no time"
            raise SigmaError(f"{self.column.name}: {words}: {', '.join(TIME_PARTS)}", "times")
        if self._has("expand"):
            values = [one for value in values for one in expanded(value, self.placeholders)]
        parts = tuple(self._one(value, resolve) for value in values)
        whole: Node = parts[0] if len(parts) == 1 else (All(parts) if self._has("all") else AnyOf(parts))
        return Not(whole) if self._has("neq") else whole

    def _has(self, *names: str) -> bool:
        return any(name in self.modifiers for name in names)

    def _one(self, value: Any, resolve: Resolve) -> Node:
        if self._has("exists"):
            return self._leaf(f"{COLUMN} IS {'NOT ' if _truth(value) else ''}NULL")
        if value is None or value == "":
            return self._leaf(f"{COLUMN} IS NULL")
        if self._has("fieldref"):
            return self._other(resolve(str(value)))
        if self._has("re"):
            return self._pattern(str(value))
        if self._has("cidr"):
            return self._network(str(value))
        sign = next((sign for name, sign in COMPARE.items() if self._has(name)), "")
        if self._has(*TIME_PARTS):
            return self._timely(sign or "=", value)
        if sign:
            return self._ordered(sign, value)
        if isinstance(value, bool):
            return self._leaf(f"{COLUMN} = {int(value)}")
        if self.column.kind in _NUMBERS and re.fullmatch(r"-?[0-9]+", str(value)) and not self._has(*PLACES):
            want = Want(self.column.name, number=int(value))
            return self._leaf(f"{COLUMN} = {int(value)}", want)
        return self._texts(str(value))

    # Kinds of tests.

    def _texts(self, value: str) -> Node:
        """Text, once encoded and with every kind of dash."""
        changed = [self._placed(one) for one in self._changed(parsed(value))]
        leaves = tuple(self._like(text) for text in changed)
        return leaves[0] if len(leaves) == 1 else AnyOf(leaves)

    def _changed(self, text: Text) -> list[Text]:
        coding = next((ENCODINGS[name] for name in self.modifiers if name in ENCODINGS), "utf-8")
        if self._has("base64", "base64offset"):
            return [(part,) for part in encoded(text, coding, offsets=self._has("base64offset"))]
        if coding != "utf-8":
            raise SigmaError("wide text is found only inside base64 here", "modifier wide alone")
        if self._has("windash"):
            return dashed(text)
        return [text]

    def _placed(self, text: Text) -> Text:
        if self._has("contains", "endswith"):
            text = (Wild.MANY, *text)
        if self._has("contains", "startswith"):
            text = (*text, Wild.MANY)
        return text

    def _like(self, text: Text) -> Leaf:
        cased = self._has("cased", "base64", "base64offset")
        pattern = self.before + "".join(
            part.value if isinstance(part, Wild) else re.sub(r"([%_\\])", r"\\\1", part) for part in text
        )
        ascii_alone = pattern.isascii()
        if cased:
            return self._leaf(f"caselike({quoted(pattern)}, {COLUMN})", self._want(text))
        if not ascii_alone:
            return self._leaf(f"fold({COLUMN}) LIKE {quoted(pattern.lower())} ESCAPE '\\'", self._want(text))
        escape = " ESCAPE '\\'" if "\\" in pattern else ""
        return self._leaf(f"{COLUMN} LIKE {quoted(pattern)}{escape}", self._want(text))

    def _want(self, text: Text) -> Want:
        words = ["x" if part is Wild.ONE else part for part in text]
        runs: list[str] = [""]
        for word in words:
            if word is Wild.MANY:
                runs.append("")
            else:
                runs[-1] += str(word)
        before = "any 0 A " if self.before == "% " else self.before.replace("%", "any")
        name, listed = self.column.name, self.column.kind is Kind.LIST
        if len(runs) == 1:
            return Want(name, before + runs[0], whole=True, listed=listed)
        return Want(name, before + runs[0], tuple(run for run in runs[1:-1] if run), runs[-1], listed=listed)

    def _pattern(self, value: str) -> Leaf:
        flags = "".join(dict.fromkeys(FLAGS[name] for name in self.modifiers if name in FLAGS))
        pattern = f"(?{flags}){value}" if flags else value
        try:
            compile_pattern(pattern)
        except PatternError as error:
            raise SigmaError(f"the pattern {value[:60]!r}: {error}", "pattern that cannot be used") from None
        return self._leaf(f"{COLUMN} REGEXP {quoted(pattern)}", *_drawn(self.column.name, value))

    def _network(self, value: str) -> Leaf:
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise SigmaError(f"{value!r} is no network", "no network") from None
        want = Want(self.column.name, str(network[min(1, network.num_addresses - 1)]), whole=True)
        return self._leaf(f"within({COLUMN}, {quoted(str(network))})", want)

    def _ordered(self, sign: str, value: Any) -> Leaf:
        if not _is_number(value) or self.column.kind not in _NUMBERS:
            raise SigmaError(f"{self.column.name} {sign} {value!r} compares no numbers", "no numbers")
        number = int(value) + {"<": -1, ">": 1, ">=": int(value != int(value))}.get(sign, 0)
        return self._leaf(f"{COLUMN} {sign} {value}", Want(self.column.name, number=number))

    def _timely(self, sign: str, value: Any) -> Leaf:
        """A part of a time, in UTC."""
        part = next(name for name in TIME_PARTS if self._has(name))
        if not re.fullmatch(r"[0-9]{1,9}", str(value)):
            raise SigmaError(f"{value!r} is no {part}", "no numbers")
        number = int(value) + {"<": -1, ">": 1}.get(sign, 0)
        moment = _moment(part, number)
        wants = () if moment is None else (Want(self.column.name, number=moment),)
        return self._leaf(f"timepart({COLUMN}, '{part}') {sign} {int(value)}", *wants)

    def _other(self, column: Column) -> Leaf:
        mine, other = f"fold({self.column.name})", f"fold({column.name})"
        if Kind.LIST in (self.column.kind, column.kind):
            raise SigmaError("fieldref takes fields that are no lists", "fieldref")
        same = "192.0.2.7" if Kind.ADDRESS in (self.column.kind, column.kind) else "same"
        number = 7 if self.column.kind in _NUMBERS or column.kind in _NUMBERS else None
        want = tuple(Want(name, same, whole=True, number=number) for name in (self.column.name, column.name))
        if self._has("endswith"):
            mine, other = f"{mine} || '{LAST}'", f"{other} || '{LAST}'"
            return Leaf(f"instr({mine}, {other}) > 0", want)
        if self._has("contains", "startswith"):
            sign = "= 1" if self._has("startswith") else "> 0"
            return Leaf(f"instr({mine}, {other}) {sign}", want)
        return Leaf(f"{mine} = {other}", want)

    def _leaf(self, sql: str, *wants: Want) -> Leaf:
        """A condition on the column; of a list, on any of its members."""
        if self.column.kind is Kind.LIST and "NULL" not in sql:
            inner = sql.replace(COLUMN, "value")
            name = self.column.name
            return Leaf(f"EXISTS (SELECT 1 FROM json_each({name}) WHERE {inner})", wants)  # noqa: S608
        return Leaf(sql.replace(COLUMN, self.column.name), wants)


def _truth(value: Any) -> bool:
    return value is True or str(value).lower() in {"true", "yes", "1"}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1 << 62


def _moment(part: str, number: int) -> int | None:
    """A time (ns) whose part is that number."""
    day = {"day": number - 1, "week": 7 * (number - 1)}.get(part, 0)
    try:
        moment = datetime(
            number if part == "year" else 2026, number if part == "month" else 1, 1, tzinfo=UTC,
            hour=number if part == "hour" else 0, minute=number if part == "minute" else 0,
        )  # fmt: skip
    except ValueError:
        return None
    return int(moment.timestamp() + 86_400 * day) * 10**9  # 2026 begins with its first week


def _drawn(column: str, pattern: str) -> tuple[Want, ...]:
    """A text that a simple pattern matches: its plain letters, one of each set, least repeats."""
    from re import _constants as names  # type: ignore[attr-defined]
    from re import _parser  # type: ignore[attr-defined]

    def drawn(items: Any) -> str:
        out = ""
        for operation, argument in items:
            if operation is names.LITERAL:
                out += chr(argument)
            elif operation in (names.MAX_REPEAT, names.MIN_REPEAT):
                out += drawn(argument[2]) * max(argument[0], 1 if argument[0] == 0 and argument[1] > 1 else 0)
            elif operation is names.SUBPATTERN:
                out += drawn(argument[3])
            elif operation is names.BRANCH:
                out += drawn(argument[1][0])
            elif operation is names.IN:
                out += _member(argument)
            elif operation is names.ANY:
                out += "a"
        return out

    try:
        return (Want(column, parts=(drawn(_parser.parse(pattern)),)),)
    except (re.error, OverflowError, RecursionError):
        return ()


def _member(argument: Any) -> str:
    from re import _constants as names  # type: ignore[attr-defined]

    classes = {
        names.CATEGORY_DIGIT: "1", names.CATEGORY_SPACE: " ", names.CATEGORY_WORD: "a",
        names.CATEGORY_NOT_SPACE: "a", names.CATEGORY_NOT_DIGIT: "a",
    }  # fmt: skip
    for operation, value in argument:
        if operation is names.NEGATE:
            return "~"
        if operation is names.LITERAL:
            return chr(value)
        if operation is names.RANGE:
            return chr(value[0])
        if operation is names.CATEGORY:
            return classes.get(value, " ")
    return ""
