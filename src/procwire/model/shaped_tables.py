"""Columns of a flow that was made bad on purpose: by what, and how it was before.

Filled where somebody looks at what is shaped on this host while it watches (``RowContext.impaired``).
"""

from __future__ import annotations

from collections.abc import Callable

from procwire.model.columns import Free
from procwire.model.declare import count, span, text
from procwire.model.rows import FlowRow


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


SHAPED = (
    text("impairment", "What procwire shape did to the flow's packets while it lived, and to which target.",
         impairment, free=Free.NEVER),
    span("smoothed_rtt_before", "Smoothed round trip when the impairment began.", before(0)),
    count("retransmissions_before", "Segments sent again, by both sides, when the impairment began.",
          before(1), "segments"),
)  # fmt: skip
