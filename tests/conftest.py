"""What the whole suite shares: the order of its rooms."""

from __future__ import annotations

import pytest

FIRST = ("tests/sandbox/", "tests/warden/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that confine a copy of this process come first: what is open here is open there."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))
