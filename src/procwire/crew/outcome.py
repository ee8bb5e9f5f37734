"""What a run came to, in numbers; and what runs over parts of the flows came to together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from procwire.flows.limits import Counts

# Counted before it is known whose a packet is: every part has seen them all.
ALL_SEE = ("packets", "bytes", "non_ip", "faulty", "waiting")


class Outcome(msgspec.Struct, kw_only=True):
    """``first`` and ``last`` are packet times; ``decoded`` and ``analysed`` the counts of these rooms."""

    first: int
    last: int
    tracked: Counts
    decoded: dict[str, int]
    analysed: dict[str, int]
    defect: str = ""

    @property
    def defects(self) -> int:
        """Errors that no parser may raise."""
        return self.tracked.sink_errors + self.analysed.get("defects", 0)


def joined(parts: Sequence[Outcome]) -> Outcome:
    """The outcome of one run over all flows. Each part has decoded everything."""
    whole = parts[0]
    return Outcome(
        first=whole.first,
        last=whole.last,
        tracked=_tracked([part.tracked for part in parts]),
        decoded=whole.decoded,
        analysed=_added(part.analysed for part in parts),
        defect=next((part.defect for part in parts if part.defect), ""),
    )


def _tracked(parts: Sequence[Counts]) -> Counts:
    found: dict[str, Any] = {}
    for name in Counts.__struct_fields__:
        values = [getattr(part, name) for part in parts]
        if name == "ended":
            found[name] = _added(values)
        else:
            found[name] = values[0] if name in ALL_SEE else sum(values)
    return Counts(**found)


def _added(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)
