"""Who hears what is found in traffic: flows opened, decided and ended, and observations, in packet order."""

from __future__ import annotations

from typing import Any, Protocol

from procwire.model.flow import Flow
from procwire.model.observation import Observation


class Listener(Protocol):
    """Is told what the pipeline finds. A flow object goes on changing until it has ended."""

    def opened(self, flow: Flow) -> None:
        """A flow's first packet was counted."""

    def decided(self, flow: Flow) -> None:
        """What the flow speaks is settled, or was given up."""

    def observed(self, flow: Flow, observation: Observation) -> None:
        """A parser saw something in the flow."""

    def ended(self, flow: Flow) -> None:
        """No more packets of the flow will be counted; its numbers are final."""


class Audience(Protocol):
    """A face that watches. ``told`` gets open, update or end."""

    def told(self, event: str, flow: Flow) -> None:
        """Something is to be said of a flow."""

    def observed(self, flow: Flow, observation: Observation) -> None:
        """A parser saw something in a flow."""

    def ticked(self, now: int) -> None:
        """Called some times a second: redraw, flush. ``now`` is ns since 1970."""


class Silent:
    """A Listener that lets everything pass; derive from it and answer what matters.

    ``by_name``: of a flow it takes no more than its numbers and what it speaks.
    """

    by_name = False

    def opened(self, flow: Flow) -> None:
        """See Listener."""

    def decided(self, flow: Flow) -> None:
        """See Listener."""

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Listener."""

    def ended(self, flow: Flow) -> None:
        """See Listener."""


class Gatherer(Silent):
    """A listener that may be many: each hears of a part of the flows, and one takes in what they gathered.

    It hears of ended flows alone, in an order of each part's own, and before names were learned.
    """

    def gathers(self) -> bool:
        """Is that all the same to it?"""
        return True

    def harvest(self) -> Any:
        """What was gathered, as plain values."""

    def absorb(self, harvests: list[Any]) -> bool:
        """Take in what all gathered; False, with nothing taken in, where one would have gathered more."""
        raise NotImplementedError


def hears(listener: Listener, what: str) -> bool:
    """Does it answer to ``opened``, ``decided`` or ``observed``? For one that does not nothing is made."""
    return getattr(type(listener), what, None) is not getattr(Silent, what)
