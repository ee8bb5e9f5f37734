"""A protocol's parts at hand."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.entry import Entry


class Silent:
    """A parser without an end."""


class Last:
    """A parser that has a last word."""

    def finish(self, now: int) -> Any:
        return (now,)


@pytest.mark.parametrize(
    ("parser", "finishes"), [(Silent, False), (Last, True), (lambda context: Last(), True)]
)
def test_says_whether_its_parsers_have_a_last_word(parser: Any, finishes: bool) -> None:
    entry: Any = Entry("one", len, parser, None)
    assert entry.finishes is finishes
    assert (entry.name, entry.claims, entry.parser, repr(entry)) == ("one", len, parser, "Entry('one')")
