"""The store's error."""

from __future__ import annotations

from procwire.store.reason import StoreError


def test_it_is_one_line() -> None:
    assert str(StoreError("a: full")) == "a: full"
    assert StoreError("a: full", failed=True).failed
    assert not StoreError("a: not ours").failed
