"""What interfaces count, and who answers for their packets, into the store: about once a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from procwire.model.accounting import ACCOUNTING
from procwire.model.traffic import TRAFFIC
from procwire.store.keeping import Keeper

if TYPE_CHECKING:
    from procwire.engine.api import Standing

SAMPLE_SECONDS = 60.0
Take = Callable[[], Iterable[Any] | None]


class Sampling:
    """``traffic``: rows of TRAFFIC as of now, None while they are being fetched.

    ``standing``: who answers for packets; None where that is not counted.
    """

    def __init__(self, keeper: Keeper, traffic: Take, standing: Callable[[], Standing | None]) -> None:
        self._keeper = keeper
        self._standing = standing
        self._takes: dict[str, Take] = {ACCOUNTING.name: self._account, TRAFFIC.name: traffic}
        self._due = dict.fromkeys(self._takes, 0.0)

    def turn(self, now: float) -> None:
        """Take what is due, ``now`` being monotonic; to be called often."""
        for table, take in self._takes.items():
            if now >= self._due[table] and (rows := take()) is not None:
                self._due[table] = now + SAMPLE_SECONDS
                self._keeper.keep(table, rows)

    def _account(self) -> Iterable[Any] | None:
        standing = self._standing()
        return standing.sample() if standing is not None else ()
