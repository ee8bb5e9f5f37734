"""No attempt of this group succeeds."""

from __future__ import annotations

from tests.sandbox.attempts.group import outcome


def test_all_are_blocked() -> None:
    not_blocked, impossible = outcome("network")
    assert not_blocked == []
    assert impossible <= frozenset({"kernel-crypto", "vsock"})
