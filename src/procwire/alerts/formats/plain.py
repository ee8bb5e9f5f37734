"""procwire's own JSON: the columns of a finding, as everywhere, behind the alert's id, host and count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from procwire.alerts.formats.fields import known, packed
from procwire.model.alert import Alert
from procwire.model.columns import Kind
from procwire.model.finding import FINDINGS
from procwire.model.values import as_text, seconds, time_text

SCHEMA = "procwire.alert/1"
_CONVERT: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TIME: time_text,
    Kind.DURATION: seconds,
    Kind.LIST: lambda value: [as_text(one) for one in value],
    Kind.TEXT: as_text,
}


def encode(alert: Alert) -> bytes:
    """One object, without an end of line."""
    return packed({"schema": SCHEMA, **fields(alert)})


def fields(alert: Alert) -> dict[str, Any]:
    """What an alert says, by the names of its columns."""
    found: dict[str, Any] = {"id": alert.id, "host": alert.host, "alerts": alert.count}
    if alert.again:
        found["again"] = True
    for column in FINDINGS:
        value = column.get(alert.finding)
        if value is not None:
            found[column.name] = _CONVERT.get(column.kind, lambda one: one)(value)
    found["flow"] = known(dict(alert.facts))
    return known(found)
