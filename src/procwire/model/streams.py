"""Payload in order, and how much of it a reader still wants: the seam between flows and dpi.

The reader's appetite is asked for after every chunk, before the next packet is looked at: a flow
whose reader has seen enough costs nothing but counting from then on. That is why payload is pushed
into a sink instead of being collected into a list for later.
"""

from __future__ import annotations

import enum
from typing import Any, Protocol

ENOUGH = 1 << 62
"""Returned by a sink: this side's stream is of no further interest."""


class Direction(enum.IntEnum):
    """Which side of a flow speaks: OUT is from ``src`` (who opened it, where known) to ``dst``."""

    OUT = 0
    IN = 1


class StreamSink(Protocol):
    """Reads payload: TCP in order and without overlap, datagrams one by one.

    ``data`` and ``gap`` return how many further payload bytes of that side need not be shown
    (0: show the next byte, ENOUGH: none of the rest). Skipped bytes are not a gap. A datagram is shown
    whole unless the answer was ENOUGH. ``flow`` is a model.flow.Flow; its ``analysis`` slot is the sink's.

    A sink may have ``frames``, with ``links``, a set of ethertypes, and ``show(kind, data, now)``, which is
    called with what follows these in frames that are not IP. They belong to no flow.
    """

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        """The next bytes of one side. ``now``: packet time in ns."""

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        """``size`` payload bytes of one side were never seen; ``data`` goes on behind them."""

    def ended(self, flow: Any, now: int) -> None:
        """No more bytes will come; called once, before the flow is reported as ended."""


class NoSink:
    """Wants nothing: flows are only counted."""

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:  # noqa: ARG002
        """See StreamSink."""
        return ENOUGH

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:  # noqa: ARG002
        """See StreamSink."""
        return ENOUGH

    def ended(self, flow: Any, now: int) -> None:
        """See StreamSink."""
