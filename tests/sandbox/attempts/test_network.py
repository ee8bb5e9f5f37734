"""No attempt of this group succeeds."""

from __future__ import annotations

from tests.sandbox.attempts.group import check_group


def test_all_are_blocked() -> None:
    check_group("network", impossible=frozenset({"kernel-crypto", "vsock"}))
