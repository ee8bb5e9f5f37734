"""Sigma's correlations as queries over windows: so many events, so many values, several rules together or in
order, by the same values of some fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from procwire.extensions.sigma.condition import sql_of
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import Meant
from procwire.model.columns import Kind, Table
from procwire.store.schema import moment_of, quoted

COMPARE = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "neq": "<>"}
SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000}
MOST_SECONDS = 31 * 86_400
KINDS = ("event_count", "value_count", "temporal", "temporal_ordered")


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """The query, its window in seconds, and the columns by which it is told once."""

    sql: str
    seconds: int
    keys: tuple[str, ...]
    least: int  # rows of the rules that it needs, as far as can be said


class Correlating:
    """One correlation over rules that were read. ``meant``: those, in order. ``tables``: every table."""

    def __init__(self, said: Mapping[str, Any], meant: Sequence[Meant], tables: Mapping[str, Table]) -> None:
        self._said = said
        self._meant = meant
        self._tables = tables

    def made(self) -> Correlation:
        """Raises SigmaError."""
        kind = str(self._said.get("type", ""))
        if kind not in KINDS:
            raise SigmaError(f"a correlation of the type {kind!r} is not known", f"correlation {kind}")
        groups = self._groups()
        seconds = _seconds(str(self._said.get("timespan", self._said.get("timeframe", ""))))
        if kind == "temporal_ordered":
            sql, least = self._ordered(groups), len(self._meant)
        elif kind == "temporal":
            sql, least = self._together(groups), len(self._meant)
        else:
            sql, least = self._counted(groups, kind)
        return Correlation(sql=sql, seconds=seconds, keys=tuple(groups), least=least)

    # Parts of queries.

    def _groups(self) -> dict[str, list[str]]:
        """Names in the answer, and the column of each rule behind it."""
        said = self._said.get("group-by") or []
        found: dict[str, list[str]] = {}
        for name in said if isinstance(said, list) else [said]:
            columns = [self._column(str(name), meant) for meant in self._meant]
            key = columns[0] if columns[0] not in found else f"{columns[0]}_{len(found)}"
            found[key] = columns
        return found

    def _column(self, name: str, meant: Meant) -> str:
        """A field of a rule, or what stands for it there."""
        aliases = self._said.get("aliases") or {}
        alias = aliases.get(name) if isinstance(aliases, dict) else None
        if isinstance(alias, dict):
            field = next((str(alias[one]) for one in (meant.name, meant.ident) if one in alias), "")
            if not field:
                raise SigmaError(f"the alias {name} says nothing of {meant.name or meant.ident}", "aliases")
            name = field
        column = self._tables[meant.table].column(meant.reading.mapped(name).column)
        if column.kind is Kind.LIST:
            raise SigmaError(f"{column.name} is a list", "group by a list")
        return column.name

    def _rows(self, groups: Mapping[str, list[str]], more: Sequence[str] = ()) -> list[str]:
        """A SELECT for each rule: its number, the moment, what it is grouped by, and more columns."""
        found = []
        for number, meant in enumerate(self._meant):
            table = self._tables[meant.table]
            names = [f"{columns[number]} AS {quoted(key)}" for key, columns in groups.items()]
            names += [f"{column} AS counted_{place}" for place, column in enumerate(more)]
            flow = "flow_id" if any(column.name == "flow_id" for column in table) else "NULL"
            names += [f"{number} AS part", f"{quoted(moment_of(table))} AS moment", f"{flow} AS flow_id"]
            known = " AND ".join(f"{columns[number]} IS NOT NULL" for columns in groups.values())
            where = f"{sql_of(meant.node)}{' AND ' + known if known else ''}"
            found.append(f"SELECT {', '.join(names)} FROM {quoted(meant.table)} WHERE {where}")  # noqa: S608
        return found

    def _counted(self, groups: Mapping[str, list[str]], kind: str) -> tuple[str, int]:
        signs, field = _condition(self._said.get("condition"))
        if not signs:
            raise SigmaError(
                "a correlation that counts has a condition with a number", "correlation condition"
            )
        fields = field if isinstance(field, list) else [field] if field else []
        if kind == "value_count" and not fields:
            raise SigmaError("value_count needs a field", "correlation condition")
        more = [self._column(str(name), self._meant[0]) for name in fields]
        count = "count(*)"
        if kind == "value_count":
            values = " || ' ' || ".join(f"counted_{place}" for place in range(len(more)))
            count = f"count(DISTINCT {values})"
        rows = self._rows(groups, more if kind == "value_count" else ())
        having = " AND ".join(f"n {sign} {number}" for sign, number in signs)
        least = max((number + (sign == ">") for sign, number in signs if sign in {">", ">=", "="}), default=1)
        return self._grouped(groups, rows, f"{count} AS n", having), least

    def _together(self, groups: Mapping[str, list[str]]) -> str:
        if self._said.get("condition") is not None:
            raise SigmaError("a temporal correlation with a condition of its own", "correlation condition")
        having = f"count(DISTINCT part) = {len(self._meant)}"
        return self._grouped(groups, self._rows(groups), "count(*) AS n", having)

    def _grouped(self, groups: Mapping[str, list[str]], rows: Sequence[str], count: str, having: str) -> str:
        names = ", ".join(quoted(key) for key in groups)
        by = f" GROUP BY {names}" if names else ""
        said = f"{names}, " if names else ""
        return (
            f"SELECT {said}{count}, min(moment) AS first, max(moment) AS last, "  # noqa: S608
            f"group_concat(DISTINCT flow_id) AS flows FROM ({' UNION ALL '.join(rows)}){by} HAVING {having}"
        )

    def _ordered(self, groups: Mapping[str, list[str]]) -> str:
        rows = self._rows(groups)
        joined = f"({rows[0]}) AS r0"
        for number, one in enumerate(rows[1:], 1):
            same = [f"r{number}.{quoted(key)} = r0.{quoted(key)}" for key in groups]
            conditions = [f"r{number}.moment >= r{number - 1}.moment", *same]
            joined += f" JOIN ({one}) AS r{number} ON {' AND '.join(conditions)}"
        names = ", ".join(f"r0.{quoted(key)} AS {quoted(key)}" for key in groups)
        by = f" GROUP BY {', '.join(f'r0.{quoted(key)}' for key in groups)}" if groups else ""
        said = f"{names}, " if names else ""
        return (
            f"SELECT {said}count(*) AS n, min(r0.moment) AS first, "  # noqa: S608
            f"max(r{len(rows) - 1}.moment) AS last FROM {joined}{by} HAVING count(*) > 0"
        )


def _condition(said: Any) -> tuple[list[tuple[str, int]], Any]:
    if not isinstance(said, dict):
        raise SigmaError("the condition of a correlation is a mapping", "correlation condition")
    signs = []
    for name, value in said.items():
        if name == "field":
            continue
        if name not in COMPARE or not isinstance(value, int) or isinstance(value, bool):
            raise SigmaError(f"{name}: {value!r} is no condition of a correlation", "correlation condition")
        signs.append((COMPARE[name], value))
    return signs, said.get("field")


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9})([smhdwM])", text)
    if found is None:
        raise SigmaError(f"{text!r} is no time span: 30s, 5m, 2h, 1d", "timespan")
    seconds = int(found.group(1)) * SPANS[found.group(2)]
    if not 0 < seconds <= MOST_SECONDS:
        raise SigmaError(f"a window of {text} is longer than 31 days", "timespan")
    return seconds
