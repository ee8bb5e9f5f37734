"""What the ends of a flow said first, as an engine keeps it for faces that ask (``daemon --beginnings``)."""

from __future__ import annotations

from typing import Any

from procwire.model.columns import Table
from procwire.model.declare import items, size, text
from procwire.model.flow import Flow
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext


class BeginningRow(FlowRow):
    """A flow of which something is kept. ``source``: who tells what (decrypt.beginnings)."""

    __slots__ = ("_told", "source")

    def __init__(self, flow: Flow, source: Any, context: RowContext = NO_CONTEXT) -> None:
        super().__init__(flow, context)
        self.source = source
        self._told: tuple[list[Any], list[str]] | None = None

    @property
    def told(self) -> tuple[list[Any], list[str]]:
        """Pieces, and what could not be read: made when a cell of it is, as most rows are only looked for."""
        if self._told is None:
            self._told = self.source.told(self.flow)
        return self._told


def _kept(side: int) -> Any:
    return lambda row: (row.source.kept(row.flow) or (0, 0))[side]


def written(piece: Any) -> str:
    """A piece as one word of a list; ``read`` takes it apart."""
    side = "in" if piece.side else "out"
    return f"{side} {piece.now} {piece.layer} {piece.missing} {bytes(piece.data).hex()}"


def read(word: str) -> tuple[str, int, str, int, bytes]:
    """Side, time, layer, bytes missing before, data. Raises ValueError."""
    side, now, layer, missing, data = word.split(" ")
    return side, int(now), layer, int(missing), bytes.fromhex(data)


BEGINNINGS = Table(
    name="beginning",
    doc="What the ends of open and lately ended flows said first, where an engine keeps it.",
    key=("flow_id",),
    columns=(
        text("flow_id", "The flow.", lambda row: row.flow.flow_id, shown=True),
        size("kept_out", "Payload bytes of src that were read first and are kept.", _kept(0), shown=True),
        size("kept_in", "Payload bytes of dst that were read first and are kept.", _kept(1), shown=True),
        items("said", "What was said, piece by piece: side, time in ns, layer (payload, or what it was "
              "decrypted from), bytes missing before it, and the bytes in hex.",
              lambda row: [written(piece) for piece in row.told[0]]),
        items("unread", "What of it could not be decrypted, and why.", lambda row: row.told[1]),
    ),
)  # fmt: skip
