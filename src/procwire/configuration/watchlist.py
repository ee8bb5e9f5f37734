"""Filters of what is watched, as operators write them: entries, of which the first that fits decides.

    default: monitor                    # what fits no entry; monitor where it is not written
    filters:
      - {process: /usr/bin/docker, action: ignore}
      - {user: www-data, dst: [10.0.0.0/8, "fd00::/8"], action: record}
      - {expression: "app == tls and server_name ~ '\\.evil$'", action: alert, name: bad servers}

An entry names columns of a flow with a value, or a list of which any will do; all that it names must fit. A
process that begins with / is the path of the program. ``expression`` is a filter as everywhere.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from procwire.configuration.document import Document
from procwire.configuration.reason import ConfigurationError
from procwire.model.columns import Kind, Table
from procwire.model.filter import Filter, FilterError, compile_filter
from procwire.model.filter.fault import nearest
from procwire.model.filter.syntax import quote
from procwire.model.values import human

MAX_ENTRIES = 1000
ID_DIGITS = 12  # of a container's id, as the column has it
_OWN = ("action", "name", "expression")


class Action(enum.StrEnum):
    """What becomes of a flow."""

    MONITOR = "monitor"  # shown, and stored where a store is open
    IGNORE = "ignore"  # neither
    RECORD = "record"  # stored, and not shown
    ALERT = "alert"  # shown, stored, and told of on standard error


SHOWN = (Action.MONITOR, Action.ALERT)
STORED = (Action.MONITOR, Action.RECORD, Action.ALERT)


class Condition(msgspec.Struct, frozen=True):
    """One part of an entry: as written, and as a filter."""

    written: str
    filter: Filter


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. ``place``: file and line."""

    number: int
    place: str
    action: Action
    name: str
    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        """For people: which entry it is."""
        what = f"{self.name!r}" if self.name else " and ".join(one.written for one in self.conditions)
        return f"entry {self.number} ({self.place}): {what}"


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of a flow, and by which entry; None for the default."""

    action: Action
    entry: Entry | None

    @property
    def alerts(self) -> bool:
        """Whether it is to be told of."""
        return self.action is Action.ALERT


class Watchlist:
    """The filters of a file, or of ``text`` where it was read already, for rows of ``table``.

    Raises ConfigurationError with every fault.
    """

    def __init__(self, path: Path, table: Table, *, text: str | None = None) -> None:
        self.path = path
        self._table = table
        self._faults: list[str] = []
        self._document = Document(path, text=text)
        self.default = Action.MONITOR
        self.entries = self._read(self._document.values)
        if self._faults:
            raise ConfigurationError("\n".join(self._faults))
        self._tests: list[tuple[Entry, list[Callable[[Any], bool]]]] = [
            (entry, [one.filter.matches for one in entry.conditions]) for entry in self.entries
        ]
        self._default = Verdict(self.default, None)

    def shows(self, row: Any) -> bool:
        """Whether a flow, or an observation in it, is shown."""
        return self.decide(row).action in SHOWN

    def stores(self, row: Any) -> bool:
        """Whether it is stored."""
        return self.decide(row).action in STORED

    def decide(self, row: Any) -> Verdict:
        """The first entry that fits, or the default."""
        for entry, tests in self._tests:
            if all(test(row) for test in tests):
                return Verdict(entry.action, entry)
        return self._default

    def explain(self, row: Any) -> list[str]:
        """A line for each entry up to the one that decides: why it does, or what did not fit."""
        lines: list[str] = []
        for entry in self.entries:
            wrong = next((one for one in entry.conditions if not one.filter.matches(row)), None)
            if wrong is None:
                return [*lines, f"{entry}: fits, so: {entry.action}"]
            lines.append(f"{entry}: no, as {wrong.written} does not fit ({self._values(wrong, row)})")
        return [*lines, f"no entry fits, so the default: {self.default}"]

    # Inner steps.

    def _values(self, condition: Condition, row: Any) -> str:
        """What the flow has in the columns that were looked at."""
        columns = {column.name: column for column in self._table}
        words = []
        for name in condition.filter.columns[:4]:
            value = columns[name].get(row)
            known = value is not None and value not in ("", ())
            words.append(f"{name} is {human(columns[name].kind, value) if known else 'not known'}")
        return ", ".join(words)

    def _read(self, values: Any) -> list[Entry]:
        if not isinstance(values, dict):
            self._fault((), "must have a list: filters: [{process: curl, action: ignore}, ...]")
            return []
        for key in values:
            if key not in ("filters", "default"):
                hint = nearest(key, ("filters", "default")) or "there are filters and default"
                self._fault((key,), f"there is no key {key!r}: {hint}")
        if "default" in values:
            self.default = self._action(values["default"], ("default",))
        entries = values.get("filters") or []
        if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
            self._fault(("filters",), f"must be a list of at most {MAX_ENTRIES} entries")
            return []
        return [self._entry(entry, number) for number, entry in enumerate(entries, 1)]

    def _entry(self, entry: Any, number: int) -> Entry:
        place = ("filters", number - 1)
        if not isinstance(entry, dict):
            self._fault(place, "an entry is as in '{process: curl, action: ignore}'")
            entry = {"action": "monitor", "expression": ""}
        if "action" not in entry:
            self._fault(place, f"an entry needs an action: {', '.join(Action)}")
        conditions = [
            self._condition(key, value, (*place, key)) for key, value in entry.items() if key not in _OWN
        ]
        if "expression" in entry:
            conditions.append(self._expression(entry["expression"], (*place, "expression")))
        elif not conditions:
            self._fault(place, "an entry that names nothing fits everything: write it as default")
        return Entry(
            number=number,
            place=str(self._document.error(place, "")).rstrip(": "),
            action=self._action(entry.get("action", "monitor"), (*place, "action")),
            name=str(entry.get("name", "")),
            conditions=tuple(one for one in conditions if one is not None),
        )

    def _action(self, value: Any, place: tuple[str | int, ...]) -> Action:
        try:
            return Action(value)
        except ValueError:
            hint = nearest(str(value), list(Action)) or f"there are {', '.join(Action)}"
            self._fault(place, f"{value!r} is no action: {hint}")
            return Action.MONITOR

    def _condition(self, key: str, value: Any, place: tuple[str | int, ...]) -> Condition | None:
        columns = {column.name: column.kind for column in self._table}
        also = self._table.also.get(key, ())
        name = also[0] if key not in columns and len(also) == 1 else key
        if name not in columns:
            hint = nearest(key, [*columns, *_OWN]) or "procwire columns flow lists them"
            self._fault(place, f"there is no key {key!r}: {hint}")
            return None
        members = value if isinstance(value, list) else [value]
        if not members or any(isinstance(one, dict | list) or one is None for one in members):
            self._fault(place, f"{key} is a value, or a list of values")
            return None
        text = " or ".join(_test(name, columns[name], one) for one in members)
        return self._compiled(f"{key}: {value}", text, place)

    def _expression(self, value: Any, place: tuple[str | int, ...]) -> Condition | None:
        if not isinstance(value, str) or not value.strip():
            self._fault(place, "an expression is a filter, in quotes")
            return None
        return self._compiled(value, value, place)

    def _compiled(self, written: str, text: str, place: tuple[str | int, ...]) -> Condition | None:
        try:
            return Condition(written, compile_filter(text, self._table))
        except FilterError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self._fault(place, f"{written}: {error.message}{hint}")
            return None

    def _fault(self, place: tuple[str | int, ...], words: str) -> None:
        self._faults.append(str(self._document.error(place, words)))


def _test(name: str, kind: Kind, value: Any) -> str:
    """A test in the filter language: what operators mean by a name and a value."""
    if isinstance(value, bool):
        return f"{name} == {'true' if value else 'false'}"
    text = str(value)
    if name == "process" and text.startswith("/"):
        return f"exe == {quote(text)}"
    if name == "user" and text.isdigit():
        return f"uid == {text}"
    if name == "container_id" and len(text) != ID_DIGITS:
        return f'container_id ~ "^{"".join(c for c in text[:ID_DIGITS] if c.isalnum() or c in "_-")}"'
    if name == "unit" and "." not in text:
        return f"unit == {quote(text)} or unit == {quote(text + '.service')}"
    if kind in (Kind.TEXT, Kind.LIST, Kind.ADDRESS):
        return f"{name} {'in' if '..' in text and kind is Kind.ADDRESS else '=='} {_spelt(kind, text)}"
    return f"{name} {'in' if '..' in text else '=='} {text}"


def _spelt(kind: Kind, text: str) -> str:
    return text if kind is Kind.ADDRESS else quote(text)
