"""Names of states and reasons."""

from __future__ import annotations

from procwire.flows import states


def test_every_state_has_its_own_name() -> None:
    numbers = [value for name, value in vars(states).items() if name.isupper() and isinstance(value, int)]
    assert sorted(numbers) == list(range(len(states.NAMES)))
    assert len(set(states.NAMES)) == len(states.NAMES)
    assert states.name(states.SYN_SENT) == "syn-sent"
    assert states.name(99) == states.name(-1) == "unknown"


def test_what_the_packets_said_is_the_reason_before_what_the_tracker_did() -> None:
    assert states.reason(states.CLOSED, states.TIMEOUT) == "fin"
    assert states.reason(states.RESET, states.EVICTED) == "rst"
    assert states.reason(states.ESTABLISHED, states.EVICTED) == "evicted"
