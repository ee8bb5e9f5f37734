"""Only what a listener answers to is made for it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.model.flow import Flow
from procwire.model.listening import Gatherer, Listener, Silent, hears


class Opened(Silent):
    def opened(self, flow: Flow) -> None:
        pass


def test_a_listener_hears_what_it_answers_to() -> None:
    assert [hears(Opened(), what) for what in ("opened", "decided", "observed")] == [True, False, False]


def test_the_silent_hear_nothing_and_take_all() -> None:
    listener: Listener = Silent()
    said: list[Any] = [listener.opened(Flow()), listener.decided(Flow()), listener.ended(Flow())]  # type: ignore[func-returns-value]
    assert said == [None] * 3
    assert not any(hears(listener, what) for what in ("opened", "decided", "observed"))


def test_a_gatherer_says_how_parts_are_taken_together() -> None:
    gatherer = Gatherer()
    assert gatherer.gathers()
    assert gatherer.harvest() is None
    with pytest.raises(NotImplementedError):
        gatherer.absorb([])
