"""What stands in a row of the outbox: the alert as JSON; and one that sums up others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from procwire.alerts.formats.fields import packed
from procwire.alerts.reason import AlertError
from procwire.model.alert import Alert
from procwire.model.finding import SEVERITIES, Finding

DETECTOR = "alerts"  # of alerts about alerts
_decoder = msgspec.json.Decoder(Alert)


def pack(alert: Alert) -> bytes:
    """Text that UTF-8 cannot carry is written with escapes."""
    try:
        return msgspec.json.encode(alert)
    except UnicodeEncodeError:
        return packed(msgspec.to_builtins(alert))


def unpack(body: bytes) -> Alert:
    """Raises AlertError."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise AlertError(f"a row of the outbox is spoiled: {error}") from None


def rank(severity: str) -> int:
    """From 0 for info to 4 for critical; what is none counts as medium."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 2


def summary(limit: str, held: Sequence[tuple[Any, ...]], *, first: int, now: int) -> Finding:
    """One finding for what was held back. ``held``: detector, how many, any critical, any high."""
    count = sum(row[1] for row in held)
    severe = [name for name, place in (("critical", 2), ("high", 3)) if any(row[place] for row in held)]
    kinds = ", ".join(f"{row[0]} {row[1]}" for row in held[:10])
    return Finding(
        time=now, detector=DETECTOR, title="Alerts held back",
        severity=[*severe, "medium"][0], count=count, first=first, last=now,
        detail=f"{count} were not told one by one, because of {limit}: {kinds}; "
        "procwire alerts list --state held shows them",
    )  # fmt: skip
