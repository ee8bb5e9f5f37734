"""The fixture ``impair`` for pytest, there wherever procwire is installed: bad networks until a test's end.

::

    def test_uploads_survive_loss(impair):
        impair("namespace:client", loss="5%", burst=4, rtt="200ms")
        ...
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from procwire.shaping.journal import Entry


@pytest.fixture(name="impair")
def impair_until_the_end() -> Iterator[Callable[..., Entry]]:
    """Shape a target as ``procwire.impair`` does; everything is put back when the test is over."""
    from procwire.shaping.context import impair

    with contextlib.ExitStack() as stack:

        def shape(target: str, **words: Any) -> Entry:
            return stack.enter_context(impair(target, **words))

        yield shape
