"""When a path is down: by its own schedule, or because somebody took the link down. Pure."""

from __future__ import annotations

from procwire.shaping.emulation.conditions import Outage
from procwire.shaping.emulation.dice import Dice


class Outages:
    """Begins up. ``up`` is as of the last ``run``."""

    def __init__(self, outage: Outage | None, dice: Dice, *, now: int) -> None:
        self._outage = outage
        self._dice = dice
        self._path_up = True
        self._link_up = True
        self._turns = now
        if outage is not None:
            self._turns += self._span(outage)

    @property
    def up(self) -> bool:
        """Whether packets pass."""
        return self._path_up and self._link_up

    @property
    def holds(self) -> bool:
        """Whether packets wait for it to be up again; a link that was taken down drops them."""
        return self._link_up and self._outage is not None and self._outage.fate == "hold"

    def link(self, *, up: bool) -> None:
        """Take the link down, or up again."""
        self._link_up = up

    def run(self, now: int) -> None:
        """Turn as often as it turned by now."""
        outage = self._outage
        while outage is not None and self._turns <= now:
            self._path_up = not self._path_up
            self._turns += self._span(outage)

    def next_up(self) -> int | None:
        """When it is up again by itself."""
        return self._turns if self._link_up and self._outage is not None and not self._path_up else None

    def _span(self, outage: Outage) -> int:
        mean = outage.up_ns if self._path_up else outage.down_ns
        return max(1, round(self._dice.exponential(mean))) if outage.irregular else mean
