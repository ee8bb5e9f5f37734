"""Sigma's correlations as queries over windows: so many events, so many values, several rules together or in
order, by the same values of some fields; over rules, and over other correlations.

After the Sigma correlation rules specification 2.1. Over single rules the window of the query is the time
span. A correlation over others is asked at each of its rows what lies within its span before it, so that the
spans of both are kept whatever the window of the query is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from procwire.extensions.sigma._aggregates import Aggregate, aggregate
from procwire.extensions.sigma.condition import sql_of
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import Meant
from procwire.model.columns import Column, Kind, Table
from procwire.store.schema import moment_of, quoted

SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000}
MOST_SECONDS = 31 * 86_400
MAX_NESTED = 3  # correlations of correlations


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """The query, its window in seconds, and the columns by which it is told once.

    ``groups``: what it is grouped by, and how that is called in its answer. ``events``: the query of the
    rows that complete it, for a correlation over it. ``parts``: what of each rule stands behind a key;
    ``counted``: the columns whose values are looked at.
    """

    sql: str
    seconds: int
    keys: tuple[str, ...]
    groups: Mapping[str, str]
    events: str
    aggregate: Aggregate
    rules: tuple[Meant | Correlation, ...]
    parts: Mapping[str, Sequence[str]]
    counted: Sequence[str]
    name: str = ""
    ident: str = ""
    depth: int = 1


class Correlating:
    """One correlation. ``rules``: what it names, in order. ``tables``: every table."""

    def __init__(
        self, said: Mapping[str, Any], rules: Sequence[Meant | Correlation], tables: Mapping[str, Table]
    ) -> None:
        self._said = said
        self._rules = tuple(rules)
        self._tables = tables

    def made(self, *, name: str = "", ident: str = "") -> Correlation:
        """Raises SigmaError."""
        depth = 1 + max((rule.depth for rule in self._rules if isinstance(rule, Correlation)), default=0)
        if depth > MAX_NESTED:
            raise SigmaError(f"more than {MAX_NESTED} correlations one over another", "correlation nested")
        how = aggregate(self._said, [rule.name or rule.ident for rule in self._rules])
        groups = self._groups()
        seconds = _seconds(str(self._said.get("timespan", self._said.get("timeframe", ""))))
        events = self._joined(groups, seconds) if how.ordered else self._sliding(groups, how, seconds)
        inner = max((rule.seconds for rule in self._rules if isinstance(rule, Correlation)), default=0)
        if inner:
            sql = self._answer(groups, "count(*)", f"({events})", "")
        elif how.ordered:
            sql = self._answer(groups, "count(*)", f"({self._joined(groups, 0)})", "count(*) > 0")
        else:
            sql = self._plain(groups, how)
        if seconds + inner > MOST_SECONDS:
            raise SigmaError("the windows together are longer than 31 days", "timespan")
        return Correlation(
            sql=sql, seconds=seconds + inner, keys=tuple(groups), events=events, aggregate=how, name=name,
            groups=dict(zip(map(str.lower, self._names()), groups, strict=True)), rules=self._rules,
            ident=ident, depth=depth, parts=groups, counted=self._counted(how),
        )  # fmt: skip

    # Fields.

    def _names(self) -> list[str]:
        said = self._said.get("group-by") or []
        return [str(name) for name in (said if isinstance(said, list) else [said])]

    def _groups(self) -> dict[str, list[str]]:
        """Names in the answer, and the expression of each rule behind it."""
        found: dict[str, list[str]] = {}
        for name in self._names():
            expressions = [self._field(name, rule) for rule in self._rules]
            key = expressions[0] if expressions[0] not in found else f"{expressions[0]}_{len(found)}"
            found[key] = expressions
        return found

    def _field(self, name: str, of: Meant | Correlation) -> str:
        """A field of a rule, or what stands for it there."""
        aliases = self._said.get("aliases") or {}
        lower = (
            {str(key).lower(): value for key, value in aliases.items()} if isinstance(aliases, dict) else {}
        )
        alias = lower.get(name.lower())
        if isinstance(alias, dict):
            field = next((str(alias[one]) for one in (of.name, of.ident) if one in alias), "")
            if not field:
                raise SigmaError(f"the alias {name} says nothing of {of.name or of.ident}", "aliases")
            name = field
        if isinstance(of, Correlation):
            if name.lower() not in of.groups:
                raise SigmaError(f"{of.name or of.ident} is not grouped by {name}", "correlation nested")
            return of.groups[name.lower()]
        column = self._column(name, of)
        if column.kind is Kind.LIST:
            raise SigmaError(f"{column.name} is a list", "group by a list")
        return column.name

    def _column(self, name: str, of: Meant) -> Column:
        return self._tables[of.table].column(of.reading.mapped(name).column)

    def _counted(self, how: Aggregate) -> list[str]:
        """Columns of the field whose values are looked at."""
        first = self._rules[0]
        if isinstance(first, Correlation):
            return [self._field(name, first) for name in how.fields]
        columns = [self._column(name, first) for name in how.fields]
        for column in columns:
            if how.numbers and column.kind not in (Kind.INTEGER, Kind.SIZE, Kind.DURATION, Kind.NUMBER):
                raise SigmaError(f"{column.name} is no number", "no numbers")
        return [column.name for column in columns]

    # Parts of queries.

    def _rows(self, groups: Mapping[str, list[str]], more: Sequence[str] = ()) -> list[str]:
        """A SELECT for each rule: its number, the moment, what it is grouped by, and more columns."""
        found = []
        for number, rule in enumerate(self._rules):
            names = [f"{parts[number]} AS {quoted(key)}" for key, parts in groups.items()]
            names += [f"{column} AS counted_{place}" for place, column in enumerate(more)]
            known = [f"{parts[number]} IS NOT NULL" for parts in groups.values()]
            if isinstance(rule, Correlation):
                moment, flow, source, where = "moment", "flow_id", f"({rule.events})", known
            else:
                table = self._tables[rule.table]
                flow = "flow_id" if any(column.name == "flow_id" for column in table) else "NULL"
                moment, source = quoted(moment_of(table)), quoted(rule.table)
                where = [sql_of(rule.node), *known]
            names += [f"{number} AS part", f"{moment} AS moment", f"{flow} AS flow_id"]
            asked = f" WHERE {' AND '.join(where)}" if where else ""
            found.append(f"SELECT {', '.join(names)} FROM {source}{asked}")  # noqa: S608
        return found

    def _plain(self, groups: Mapping[str, list[str]], how: Aggregate) -> str:
        """Over single rules: all rows of the window, by what they are grouped by."""
        rows = " UNION ALL ".join(self._rows(groups, self._counted(how)))
        return self._answer(groups, how.counts, how.source(f"({rows})", list(groups)), how.having)

    def _answer(self, groups: Mapping[str, list[str]], count: str, source: str, having: str) -> str:
        names = ", ".join(quoted(key) for key in groups)
        said = f"{names}, " if names else ""
        by = f" GROUP BY {names}" if names else ""
        held = f" HAVING {having}" if having else ("" if names else " HAVING count(*) > 0")
        return (
            f"SELECT {said}{count} AS n, min(moment) AS first, max(moment) AS last, "  # noqa: S608
            f"group_concat(DISTINCT flow_id) AS flows FROM {source}{by}{held}"
        )

    def _sliding(self, groups: Mapping[str, list[str]], how: Aggregate, seconds: int) -> str:
        """Rows at which, with what lies within the span before them, the condition holds."""
        rows = " UNION ALL ".join(self._rows(groups, self._counted(how)))
        same = "".join(f" AND i.{quoted(key)} = o.{quoted(key)}" for key in groups)
        within = f"i.moment BETWEEN o.moment - {seconds * 10**9} AND o.moment{same}"
        inner = how.source(f"(SELECT * FROM ({rows}) AS i WHERE {within})", list(groups))  # noqa: S608
        held = f"(SELECT {how.holds} FROM {inner})"  # noqa: S608
        names = "".join(f"{quoted(key)}, " for key in groups)
        return f"SELECT {names}moment, flow_id FROM ({rows}) AS o WHERE {held}"  # noqa: S608

    def _joined(self, groups: Mapping[str, list[str]], seconds: int) -> str:
        """One row for each way in which rules follow each other, by the last of them."""
        rows = self._rows(groups)
        joined = f"({rows[0]}) AS r0"
        for number, one in enumerate(rows[1:], 1):
            same = [f"r{number}.{quoted(key)} = r0.{quoted(key)}" for key in groups]
            conditions = [f"r{number}.moment >= r{number - 1}.moment", *same]
            joined += f" JOIN ({one}) AS r{number} ON {' AND '.join(conditions)}"
        last = f"r{len(rows) - 1}"
        names = "".join(f"r0.{quoted(key)} AS {quoted(key)}, " for key in groups)
        within = f" WHERE {last}.moment - r0.moment <= {seconds * 10**9}" if seconds else ""
        return f"SELECT {names}{last}.moment AS moment, {last}.flow_id AS flow_id FROM {joined}{within}"  # noqa: S608


def _seconds(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,9})([smhdwM])", text)
    if found is None:
        raise SigmaError(f"{text!r} is no time span: 30s, 5m, 2h, 1d", "timespan")
    seconds = int(found.group(1)) * SPANS[found.group(2)]
    if not 0 < seconds <= MOST_SECONDS:
        raise SigmaError(f"a window of {text} is longer than 31 days", "timespan")
    return seconds
