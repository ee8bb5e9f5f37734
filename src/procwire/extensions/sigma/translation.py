"""A Sigma rule as a document of ours: its head, its query, and rows that prove it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from procwire.detect.fields import TECHNIQUE
from procwire.detect.single import single
from procwire.detect.sqlmatch import NotSingle
from procwire.extensions.sigma.condition import Node, Row, rows_of, sql_of
from procwire.extensions.sigma.detection import NOTHING, Placeholders, Reading, source_of
from procwire.extensions.sigma.reason import SigmaError
from procwire.model.columns import Table
from procwire.model.filter.pattern import PatternError
from procwire.store.guard import GuardError, examine

LEVELS = {"informational": "info", "low": "low", "medium": "medium", "high": "high", "critical": "critical"}
MAX_TITLE = 200
LICENCE = "Detection Rule License 1.1"


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule over single rows means."""

    ident: str
    name: str
    table: str
    node: Node
    reading: Reading
    sample: Mapping[str, Any]

    @property
    def sql(self) -> str:
        """As a query."""
        return f"SELECT * FROM {self.table} WHERE {sql_of(self.node)}"  # noqa: S608


def meant(
    values: Mapping[str, Any],
    tables: Mapping[str, Table],
    *,
    placeholders: Placeholders = NOTHING,
    filters: Sequence[Any] = (),
) -> Meant:
    """Raises SigmaError. ``filters``: detections that rows must fit, too."""
    logsource = values.get("logsource")
    if not isinstance(logsource, dict):
        raise SigmaError("it has no log source", "no log source")
    source = source_of(logsource)
    reading = Reading(source, tables, placeholders)
    node = reading.node(values.get("detection"), *filters)
    sample = dict(source.sample)
    if source.table == "dns" and "response" in reading.base():
        sample["message"] = "response"
    return Meant(
        ident=str(values.get("id", "")), name=str(values.get("name", "")), table=source.table, node=node,
        reading=reading, sample=sample,
    )  # fmt: skip


def proofs(of: Meant, tables: Mapping[str, Table]) -> dict[str, list[Row]]:
    """A row that it matches and one that it does not, both tried. Raises SigmaError."""
    table = tables[of.table]
    try:
        examine(of.sql, tables.values())
        match = single(of.sql, {of.table: _written(table)})
    except (GuardError, NotSingle, PatternError) as error:
        raise SigmaError(f"its query is refused: {error}", "query refused") from None
    kinds = {column.name: column.kind for column in table}
    for row in rows_of(of.node, of.sample):
        made = {name: value for name, value in row.items() if name in kinds}
        if match.matches(_held(made)):
            break
    else:
        raise SigmaError("no row was found that it matches", "no row found that it matches")
    silent = next((dict(one) for one in ({}, dict(of.sample)) if not match.matches(_held(one))), None)
    if silent is None:
        raise SigmaError("it matches every row", "matches every row")
    return {"fires": [made], "silent": [silent]}


def _written(table: Table) -> Table:
    columns = tuple(
        msgspec.structs.replace(column, get=lambda row, name=column.name: row.get(name)) for column in table
    )
    return msgspec.structs.replace(table, columns=columns)


def _held(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def document(values: Mapping[str, Any], ident: str, left_out: Sequence[str] = ()) -> dict[str, Any]:
    """The head of the rule. ``left_out``: what of it cannot be seen here. Raises SigmaError."""
    title = str(values.get("title") or "").strip()
    if not title:
        raise SigmaError("it has no title", "no title")
    tags = [str(tag).lower() for tag in values.get("tags") or []]
    attack = [
        tag[7:].upper() for tag in tags if TECHNIQUE.fullmatch(tag[7:].upper()) and tag[:7] == "attack."
    ]
    harmless = [
        str(one) for one in values.get("falsepositives") or [] if str(one).lower() not in {"unknown", "none"}
    ]
    description = " ".join(str(values.get("description") or "").split())
    description += "." if description and description[-1] not in ".!?" else ""
    if left_out:
        description += f" Not looked for here: {'; '.join(left_out)}."
    if harmless:
        description += f" May be harmless: {'; '.join(harmless)}."
    uuid = str(values.get("id") or "")
    return {
        "id": ident,
        "title": title[:MAX_TITLE],
        "description": description,
        "severity": LEVELS.get(str(values.get("level", "")).lower(), "medium"),
        "attack": list(dict.fromkeys(attack)),
        "references": [str(one) for one in values.get("references") or []],
        "author": str(values.get("author") or ""),
        "origin": f"sigma {uuid} ({LICENCE})".replace("  ", " "),
        "state": "disabled" if str(values.get("status", "")) in {"deprecated", "unsupported"} else "enabled",
    }


def ident_of(values: Mapping[str, Any], stem: str) -> str:
    """A name for it: that of its file, or of the rule where several stand in one."""
    text = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._")[:70]
    return text or str(values.get("id") or "rule")
