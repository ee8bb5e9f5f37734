"""Columns of a flow that was made bad on purpose: by what, and how it was before.

Filled where somebody looks at what is shaped on this host while it watches (``RowContext.impaired``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.model.columns import Free
from procwire.model.declare import count, span, text
from procwire.model.rows import FlowRow, GroupRow, Shaped


def impairment(row: FlowRow) -> str | None:
    """What was done to the flow's packets, and to which target."""
    impaired = row.context.impaired
    return None if impaired is None else str(impaired.impairment(row) or "") or None


def before(place: int) -> Callable[[FlowRow], int | None]:
    """How the flow was when the impairment was first seen: 0 its round trip, 1 its retransmissions."""

    def get(row: FlowRow) -> int | None:
        impaired = row.context.impaired
        told = None if impaired is None else impaired.before(row)
        return None if told is None else int(told[place]) if told[place] is not None else None

    return get


def _of_group(get: Callable[[Shaped], Any]) -> Callable[[GroupRow], Any]:
    """Of a group with flows that were made bad; None for others."""
    return lambda row: None if row.shaped is None else get(row.shaped)


def _since(told: Shaped) -> int:
    return max(0, told.resent - told.resent_before)


SHAPED_GROUP = (
    text("impairment", "What procwire shape did to flows of the group while they lived, and to which target.",
         _of_group(lambda told: "; ".join(told.names)), free=Free.NEVER),
    span("smoothed_rtt_before", "Mean smoothed round trip of those flows when the impairment began.",
         _of_group(lambda told: told.mean(told.before))),
    span("smoothed_rtt_during", "Mean smoothed round trip of those flows at last.",
         _of_group(lambda told: told.mean(told.round_trips))),
    count("retransmissions_before", "Segments that those flows had sent again when the impairment began.",
          _of_group(lambda told: told.resent_before), "segments"),
    count("retransmissions_during", "Segments that those flows sent again since.", _of_group(_since),
          "segments"),
)  # fmt: skip

SHAPED = (
    text("impairment", "What procwire shape did to the flow's packets while it lived, and to which target.",
         impairment, free=Free.NEVER),
    span("smoothed_rtt_before", "Smoothed round trip when the impairment began.", before(0)),
    count("retransmissions_before", "Segments sent again, by both sides, when the impairment began.",
          before(1), "segments"),
)  # fmt: skip
