"""What the shapes ask of a line: what is known, moments in their forms, answers of DNS apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from procwire.model.values import parse_time

FLOW = "procwire.flow/"
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "icmp6": 58, "sctp": 132}
BEGUN, ENDED = "open", "end"


def known(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known: nothing, empty text, empty lists, empty objects."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def columns(words: str) -> frozenset[str]:
    """Names of columns, apart by spaces."""
    return frozenset(words.split())


def is_flow(told: dict[str, Any]) -> bool:
    """Is the line of a flow, not of an observation?"""
    return str(told.get("schema", "")).startswith(FLOW)


def table(told: dict[str, Any]) -> str:
    """Name of the line's table."""
    return str(told.get("schema", "")).removeprefix("procwire.").partition("/")[0]


def moment(told: dict[str, Any]) -> str:
    """When it was: an observation's time, a flow's beginning where it opens, else its last packet."""
    if told.get("event") == BEGUN:
        return str(told.get("start", ""))
    return str(told.get("time") or told.get("last") or told.get("start") or "")


def pid_of(told: dict[str, Any]) -> int | None:
    """Of the owner; a pid that a message itself tells of, as syslog's, is a text, and another's."""
    pid = told.get("pid")
    return pid if isinstance(pid, int) else None


def milliseconds(text: Any) -> int | None:
    """Since 1970, from RFC 3339."""
    return parse_time(text) // 1_000_000 if isinstance(text, str) and text else None


def rest(told: dict[str, Any], used: Iterable[str]) -> dict[str, Any]:
    """The columns that a shape has no place for."""
    gone = {"schema", "event", *used}
    return {name: value for name, value in told.items() if name not in gone}


def answers(told: dict[str, Any]) -> list[tuple[str, int | None, str, str]]:
    """(name, ttl, type, data) of ``www.example.com 60 A 192.0.2.1`` and the like."""
    found = []
    for text in told.get("answers", ()):
        parts = text.split(" ", 3)
        if len(parts) == 4:
            found.append((parts[0], int(parts[1]) if parts[1].isdigit() else None, parts[2], parts[3]))
    return found


def version_of(address: Any) -> int | None:
    """4 or 6."""
    if not isinstance(address, str) or not address:
        return None
    return 6 if ":" in address else 4
