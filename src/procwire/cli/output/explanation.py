"""One protocol explained: as text for people, or as one JSON object."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import msgspec

from procwire.model.rows import Explanation

WIDTH = 100


def as_json(explanation: Explanation) -> str:
    """One line."""
    told = {"schema": "procwire.explanation/1", **msgspec.to_builtins(explanation)}
    return msgspec.json.encode(told).decode() + "\n"


def as_text(explanation: Explanation) -> str:
    """For people."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(told: Explanation) -> Iterator[str]:
    yield f"{told.name}: {told.summary}"
    yield ""
    yield from textwrap.wrap(told.recognised, WIDTH)
    yield ""
    yield f"Carried by   {', '.join(told.transports)}"
    ports = ", ".join(told.ports) or "none"
    yield from textwrap.wrap(f"Port hints   {ports} (content decides)", WIDTH, subsequent_indent=" " * 13)
    if told.sets:
        yield f"Sets         {', '.join(told.sets)} of its flow"
    if told.risks:
        states = f"May state    {', '.join(told.risks)}"
        yield from textwrap.wrap(states, WIDTH, subsequent_indent=" " * 13, break_on_hyphens=False)
    yield from _limits(told)
    for table, fields in told.tables.items():
        yield ""
        yield f"Records in table {table}:"
        wide = max(map(len, fields))
        for name, words in fields.items():
            yield f"  {name:<{wide}}  {words}"


def _limits(told: Explanation) -> Iterator[str]:
    wide = max(map(len, told.limits), default=0)
    digits = max((len(f"{value:,}") for value in told.limits.values()), default=0)
    for name, value in told.limits.items():
        line = f"Limit        {name:<{wide}}  {value:>{digits},}  {told.meanings.get(name, '')}"
        yield from textwrap.wrap(line, WIDTH, subsequent_indent=" " * (wide + digits + 17))
