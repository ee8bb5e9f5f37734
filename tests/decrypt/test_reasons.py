"""The words for what stayed shut."""

from __future__ import annotations

from procwire.decrypt import reasons


def test_each_reason_is_a_word_of_its_own() -> None:
    assert len(set(reasons.ALL)) == len(reasons.ALL)
    assert all(reason == reason.lower() and " " not in reason for reason in reasons.ALL)
