"""Which reply answers which command."""

from __future__ import annotations

from procwire.dpi.wire.exchanges import MAX_PENDING, Command, Exchanges


def test_in_order() -> None:
    asked = Exchanges()
    first, second = Command("A", "", 1), Command("B", "", 2)
    asked.ask(first)
    asked.ask(second)
    assert asked.front() is first
    assert asked.answered() is first
    assert asked.left() == [second]
    assert asked.answered() is None


def test_nothing_is_matched_while_it_is_not_known_what_was_lost() -> None:
    asked = Exchanges()
    asked.ask(Command("A", "", 1))
    asked.ask(Command("B", "", 1))
    asked.lost()
    assert asked.answered() is None
    assert asked.answered() is None
    asked.ask(Command("C", "", 1))
    found = asked.answered()
    assert found is not None
    assert found.name == "C"


def test_bounded() -> None:
    asked = Exchanges()
    for number in range(2 * MAX_PENDING):
        asked.ask(Command(str(number), "", number))
    assert len(asked.left()) == MAX_PENDING
