"""What a correlation makes of the rows in its span, and what it asks of that, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from procwire.extensions.sigma.condition import Leaf, Node, sql_of
from procwire.extensions.sigma.detection import Parser
from procwire.extensions.sigma.reason import SigmaError

COMPARE = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "=", "neq": "<>"}
NUMBERS = {"value_sum": "sum(counted_0)", "value_avg": "avg(counted_0)", "value_median": "avg(counted_0)"}
KINDS = (
    "event_count", "value_count", *NUMBERS, "value_percentile", "temporal", "temporal_ordered",
)  # fmt: skip

Signs = Sequence[tuple[str, int | float]]


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """``counts`` and ``having`` over the rows of ``source()``. ``least``: what is needed to fulfil it."""

    kind: str
    counts: str = "count(*)"
    having: str = ""
    fields: tuple[str, ...] = ()
    least: int | float = 1
    signs: tuple[tuple[str, int | float], ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether rules must follow each other."""
        return self.kind == "temporal_ordered"

    @property
    def numbers(self) -> bool:
        """Whether its field must be a number."""
        return self.kind in NUMBERS

    @property
    def holds(self) -> str:
        """As one value: whether it is fulfilled."""
        return self.having.replace(" n ", f" {self.counts} ")

    def source(self, rows: str, keys: Sequence[str]) -> str:
        """The rows to aggregate: those of the median alone, or values that are so rare among all."""
        by = ", ".join(f'"{key}"' for key in keys)
        part = f"PARTITION BY {by}" if by else ""
        if self.kind == "value_median":
            return (
                f"(SELECT * FROM (SELECT *, row_number() OVER ({part} ORDER BY counted_0) AS place, "  # noqa: S608
                f"count(*) OVER ({part}) AS total FROM {rows} WHERE counted_0 IS NOT NULL) "
                "WHERE place IN ((total + 1) / 2, (total + 2) / 2))"
            )
        if self.kind == "value_percentile":
            same = f"PARTITION BY {by}, counted_0" if by else "PARTITION BY counted_0"
            share = f"100.0 * count(*) OVER ({same}) / count(*) OVER ({part})"
            asked = " AND ".join(f"share {sign} {number}" for sign, number in self.signs)
            return f"(SELECT * FROM (SELECT *, {share} AS share FROM {rows}) WHERE {asked})"  # noqa: S608
        return rows


def aggregate(said: Mapping[str, Any], names: Sequence[str]) -> Aggregate:
    """What a correlation of these rules asks. Raises SigmaError."""
    kind = str(said.get("type", ""))
    if kind not in KINDS:
        raise SigmaError(f"a correlation of the type {kind!r} is not known", f"correlation {kind}")
    condition = said.get("condition")
    if kind.startswith("temporal"):
        return _temporal(kind, condition, names)
    signs, field = signs_of(condition)
    if not signs:
        raise SigmaError("a correlation that counts has a condition with a number", "correlation condition")
    fields = tuple(str(name) for name in (field if isinstance(field, list) else [field] if field else []))
    if kind != "event_count" and not fields:
        raise SigmaError(f"{kind} needs a field", "correlation condition")
    if kind in (*NUMBERS, "value_percentile") and len(fields) > 1:
        raise SigmaError(f"{kind} takes one field", "correlation condition")
    having = " AND ".join(f"n {sign} {number}" for sign, number in signs)
    least = max((_least(sign, number) for sign, number in signs), default=1)
    counts, having = NUMBERS.get(kind, "count(*)"), f" {having}"
    if kind == "value_count":
        counts = f"count(DISTINCT {_together(len(fields))})"
    if kind == "value_percentile":
        having = " n > 0"
    return Aggregate(
        kind=kind, counts=counts, having=having, fields=() if kind == "event_count" else fields, least=least,
        signs=tuple(signs),
    )  # fmt: skip


def _together(count: int) -> str:
    return " || ' ' || ".join(f"counted_{place}" for place in range(count))


def _least(sign: str, number: float) -> float:
    return number + (sign == ">") if sign in {">", ">=", "="} else 1


def _temporal(kind: str, condition: Any, names: Sequence[str]) -> Aggregate:
    """All of the rules, so many of them, or as a sentence of their names says."""
    if condition is None:
        having = "count(*) > 0" if kind == "temporal_ordered" else f" count(DISTINCT part) = {len(names)}"
        return Aggregate(kind=kind, having=having, least=len(names))
    text = condition
    if not isinstance(condition, str):
        signs, _ = signs_of(condition)
        least = int(max((_least(sign, number) for sign, number in signs), default=0))
        if kind == "temporal" and signs:
            having = " AND ".join(f" count(DISTINCT part) {sign} {number}" for sign, number in signs)
            return Aggregate(kind=kind, having=having, least=least, signs=tuple(signs))
        if least != len(names) or any(sign in {"<", "<>"} for sign, _ in signs):
            raise SigmaError("rules in order are asked for all together", "correlation condition")
        text = " and ".join(names)
    if kind == "temporal_ordered":
        if [word for word in text.split() if word.lower() != "and"] != list(names):
            raise SigmaError("rules in order are asked for all together", "correlation condition")
        return Aggregate(kind=kind, having="count(*) > 0", least=len(names))
    return Aggregate(kind=kind, having=_sentence(text, names), least=len(names))


class _Named:
    """Selections that are conditions already, as a Parser reads them."""

    def selection(self, value: Any) -> Node:
        found: Node = value
        return found


def _sentence(text: str, names: Sequence[str]) -> str:
    parts = {name: Leaf(f"max(part = {number}) = 1") for number, name in enumerate(names)}
    return f" {sql_of(Parser(text, parts, _Named()).whole())}"


def signs_of(said: Any) -> tuple[list[tuple[str, int | float]], Any]:
    """Comparisons with numbers, and the field. Raises SigmaError."""
    if not isinstance(said, dict):
        raise SigmaError("the condition of a correlation is a mapping", "correlation condition")
    signs = []
    for name, value in said.items():
        if name == "field":
            continue
        if name not in COMPARE or not isinstance(value, int | float) or isinstance(value, bool):
            raise SigmaError(f"{name}: {value!r} is no condition of a correlation", "correlation condition")
        signs.append((COMPARE[name], value))
    return signs, said.get("field")
