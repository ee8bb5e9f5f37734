"""Which rules can match a row at all: by values that a column has, and by texts that stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from procwire.detect.automaton import Automaton
from procwire.detect.needs import Need, Needs
from procwire.model.columns import Table
from procwire.model.values import as_text

Get = Callable[[Any], Any]


class Index:
    """``needs``: of each rule, by its number."""

    def __init__(self, needs: Sequence[Needs], table: Table) -> None:
        self._always = frozenset(number for number, one in enumerate(needs) if not one)
        exact: dict[str, dict[Any, set[int]]] = {}
        inside: dict[str, dict[str, set[int]]] = {}
        for number, need in _each(needs):
            if need.exact:
                exact.setdefault(need.column, {}).setdefault(need.value, set()).add(number)
            else:
                inside.setdefault(need.column, {}).setdefault(str(need.value), set()).add(number)
        self._columns: list[tuple[Get, dict[Any, set[int]], Automaton | None]] = [
            (table.column(name).get, exact.get(name, {}), _automaton(inside.get(name)))
            for name in sorted({*exact, *inside})
        ]

    def candidates(self, row: Any) -> list[int]:
        """The numbers of all rules that can match a row, and of some that do not, in order."""
        found = set(self._always)
        for get, exact, automaton in self._columns:
            value = get(row)
            if value is None:
                continue
            for member in value if isinstance(value, tuple | list | frozenset) else (value,):
                folded = _folded(member)
                if folded in exact:
                    found |= exact[folded]
                if automaton is not None and isinstance(folded, str):
                    automaton.search(folded, found)
        return sorted(found)


def _each(needs: Iterable[Needs]) -> Iterator[tuple[int, Need]]:
    for number, alternatives in enumerate(needs):
        for need in alternatives or ():
            yield number, need


def _automaton(texts: dict[str, set[int]] | None) -> Automaton | None:
    return Automaton(texts) if texts else None


def _folded(value: Any) -> Any:
    if isinstance(value, str):
        return value.lower()
    return value if isinstance(value, int) else as_text(value).lower()
