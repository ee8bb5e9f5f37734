"""CSV (RFC 4180 quoting): a header, then one line an alert, with a guard against formulas.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return (OWASP, CSV
Injection), and text in a finding comes from whoever is watched. Such a cell gets an apostrophe before it, and
so does one that begins with an apostrophe, so that taking one away again always gives what was there.
"""

from __future__ import annotations

import csv
import io

from procwire.alerts.formats.fields import moment, one_line
from procwire.model.alert import FACTS, Alert
from procwire.model.columns import Kind
from procwire.model.finding import FINDINGS
from procwire.model.values import machine

GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")
_NUMBERS = (Kind.INTEGER, Kind.SIZE, Kind.NUMBER)
COLUMNS = ("id", "host", "alerts", *(column.name for column in FINDINGS), *(f"flow_{one}" for one in FACTS))


def header() -> bytes:
    """The names, to stand once before the first line."""
    return _line(list(COLUMNS))


def encode(alert: Alert) -> bytes:
    """One line, without its end; it holds no other."""
    cells = [guarded(alert.id), guarded(alert.host), str(alert.count)]
    for column in FINDINGS:
        value = column.get(alert.finding)
        if value is None:
            cells.append("")
        elif column.kind in _NUMBERS:
            cells.append(machine(column.kind, value))
        elif column.kind is Kind.TIME:
            cells.append(moment(value, 9))
        else:
            cells.append(guarded(machine(column.kind, value)))
    for name in FACTS:
        value = alert.facts.get(name, "")
        cells.append(str(value) if isinstance(value, int | float) else guarded(_text(value)))
    return _line(cells)


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{one_line(text)}" if text.startswith(GUARDED) else one_line(text)


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _line(cells: list[str]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()[:-1].encode()
