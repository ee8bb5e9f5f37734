from __future__ import annotations

from procwire.flows.telling import GRACE_SECONDS, Telling
from procwire.model.flow import Flow
from procwire.model.observation import Observation


class Heard:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []

    def told(self, event: str, flow: Flow) -> None:
        self.events.append((event, flow.number))

    def observed(self, flow: Flow, observation: Observation) -> None:
        """Not of interest here."""

    def ticked(self, now: int) -> None:
        """Not of interest here."""


def flow(number: int = 1) -> Flow:
    made = Flow()
    made.number = number
    return made


def tick(telling: Telling, now: float) -> None:
    for _ in telling.tick(now):
        pass


def counted(telling: Telling, *, final: bool) -> None:
    telling.counting()
    for _ in telling.counted(lambda _: final):
        pass


def told() -> tuple[Telling, Heard]:
    heard = Heard()
    return Telling(heard), heard


def test_a_flow_is_told_of_once_its_owner_and_its_protocol_are_known() -> None:
    telling, heard = told()
    one = flow()
    telling.opened(one, 0.0, answered=False, decided=False)
    telling.decided(one)
    tick(telling, 0.1)
    assert heard.events == []
    assert not telling.has_told(one)
    telling.answered(one)
    assert telling.settled(one)
    tick(telling, 0.2)
    assert heard.events == [("open", 1)]
    assert telling.has_told(one)


def test_one_that_nobody_can_tell_is_told_of_as_it_is_after_a_while() -> None:
    telling, heard = told()
    telling.opened(flow(), 5.0, answered=False, decided=False)
    tick(telling, 5.0 + GRACE_SECONDS - 0.01)
    assert heard.events == []
    tick(telling, 5.0 + GRACE_SECONDS)
    assert heard.events == [("open", 1)]


def test_an_end_waits_for_the_owner_and_for_the_last_numbers() -> None:
    telling, heard = told()
    one = flow()
    telling.opened(one, 0.0, answered=True, decided=True)
    tick(telling, 0.0)
    telling.ended(one, 1.0, reviewing=True, counted=False)
    counted(telling, final=False)
    telling.answered(one)
    tick(telling, 1.1)
    assert heard.events == [("open", 1)]
    assert telling.ending() == [one]
    counted(telling, final=True)
    tick(telling, 1.2)
    assert heard.events == [("open", 1), ("end", 1)]
    assert telling.ending() == []


def test_of_a_flow_that_ends_while_numbers_are_read_they_are_final_with_the_next() -> None:
    telling, heard = told()
    first, second = flow(1), flow(2)
    for one in (first, second):
        telling.opened(one, 0.0, answered=True, decided=True)
    tick(telling, 0.0)
    telling.ended(first, 1.0, reviewing=False, counted=False)
    telling.counting()
    telling.ended(second, 1.1, reviewing=False, counted=False)
    for _ in telling.counted(lambda _: True):
        pass
    tick(telling, 1.2)
    assert heard.events[2:] == [("end", 1)]
    counted(telling, final=True)
    tick(telling, 1.3)
    assert heard.events[3:] == [("end", 2)]


def test_a_flow_that_ends_before_it_was_told_of_is_told_of_first() -> None:
    telling, heard = told()
    one = flow()
    telling.opened(one, 0.0, answered=True, decided=False)
    telling.ended(one, 0.1, reviewing=False, counted=True)
    assert heard.events == [("open", 1), ("end", 1)]


def test_nothing_is_left_untold_at_the_end() -> None:
    telling, heard = told()
    first, second = flow(1), flow(2)
    telling.opened(first, 0.0, answered=False, decided=False)
    telling.opened(second, 0.0, answered=True, decided=True)
    tick(telling, 0.0)
    telling.ended(second, 0.1, reviewing=True, counted=False)
    telling.finish()
    assert heard.events == [("open", 2), ("open", 1), ("end", 2)]
    telling.ended(first, 0.2, reviewing=False, counted=True)
    assert heard.events[-1] == ("end", 1)
