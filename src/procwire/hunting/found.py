"""What a rule's query answered, as findings: columns that a finding has by their names, the rest in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from procwire.detect.rule import Rule
from procwire.model.columns import Kind, Table
from procwire.model.finding import MAX_EVIDENCE, Finding, evidence_row
from procwire.model.values import human

_SAME = {
    "source": ("source", "src"), "target": ("target", "server_name", "dst"), "port": ("port", "dst_port"),
    "pid": ("pid",), "process": ("process",), "exe": ("exe",), "user": ("user",), "container": ("container",),
    "cmdline": ("cmdline",), "process_start": ("process_start",), "count": ("count", "n", "events"),
    "first": ("first",), "last": ("last",),
}  # fmt: skip
_NUMBERS = frozenset({"port", "pid", "process_start", "count", "first", "last"})
_FLOWS = ("flows", "flow_id")
MAX_WORDS = 12  # columns of an answer that its sentence names
MAX_TEXT = 120  # characters of one of them


class Row:
    """One row of an answer, read by the names of its columns."""

    def __init__(self, table: Table, row: Any) -> None:
        self.values = {column.name: column.get(row) for column in table}
        self.kinds = {column.name: column.kind for column in table}

    def key(self, rule: Rule) -> tuple[Any, ...]:
        """By what it is told once: the columns that the rule names, else all that are text."""
        if rule.keys:
            return tuple(self.values.get(name) for name in rule.keys)
        return tuple(value for value in self.values.values() if isinstance(value, str))

    def finding(self, rule: Rule, bounds: tuple[int, int], reasons: Sequence[str]) -> Finding:
        """The finding that it is; ``bounds``: the window in which it was found."""
        named = dict(self._named())
        flows = self._flows()
        moment = self.values.get("time")
        rows = (
            (evidence_row(rule.table, moment, flows[0] if flows else ""),) if isinstance(moment, int) else ()
        )
        return Finding(
            time=bounds[1],
            detector=rule.id,
            title=rule.title,
            severity=rule.told_severity,
            detail=rule.said(self._said()),
            attack=rule.attack,
            flows=flows,
            rows=rows,
            reasons=tuple(reasons),
            **{"first": bounds[0], "last": bounds[1], **named},
        )

    def _named(self) -> Iterator[tuple[str, Any]]:
        for name, columns in _SAME.items():
            for column in columns:
                value = self.values.get(column)
                if isinstance(value, int if name in _NUMBERS else str):
                    yield name, value
                    break

    def _flows(self) -> tuple[str, ...]:
        for name in _FLOWS:
            value = self.values.get(name)
            if isinstance(value, str):
                value = value.split(",")
            if value:
                return tuple(dict.fromkeys(str(one) for one in value))[:MAX_EVIDENCE]
        return ()

    def _said(self) -> str:
        words = []
        for name, value in list(self.values.items())[:MAX_WORDS]:
            if value is not None and name not in _FLOWS:
                kind = self.kinds[name]
                text = str(value) if kind is Kind.TEXT else human(kind, value)
                words.append(f"{name}={text[:MAX_TEXT]}")
        return ", ".join(words)
