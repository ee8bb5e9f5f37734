"""A protocol's parts at hand."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.declared import Declared
from procwire.dpi.entry import Entry, Unread
from procwire.dpi.protocols import http


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


def declared(module: str) -> Declared:
    return Declared(module=module, NAME="one", PORTS=frozenset(), TRANSPORTS=frozenset({"tcp"}), FIRST=b"G")


def test_what_is_only_declared_is_imported_when_it_is_needed() -> None:
    entry: Any = Entry("http", None, None, declared("http"))
    assert (entry.claims, entry.parser) == (None, None)
    assert entry.load() is None
    assert (entry.claims, entry.parser, entry.module) == (http.claims, http.Parser, http)
    assert entry.finishes == hasattr(http.Parser, "finish")
    assert entry.load() is None
    assert Entry("http", None, None, declared("http")).module is http


def test_what_cannot_be_imported_says_so_once_and_claims_nothing() -> None:
    missing = declared("nonesuch")
    entry: Any = Entry("one", None, None, missing)
    assert entry.load() == "one: ModuleNotFoundError(\"No module named 'procwire.dpi.protocols.nonesuch'\")"
    assert entry.load() is None
    assert entry.module == missing.without_shapes()
    context = Context(transport="tcp")
    assert entry.claims(b"GET", Direction.OUT, context) is Claim.NO
    reader = entry.parser(context)
    assert (type(reader), reader.skip(Direction.OUT)) == (Unread, 0)
    with pytest.raises(ProtocolError):
        reader.feed(Direction.OUT, b"GET", now=1)
    with pytest.raises(ProtocolError):
        reader.gap(Direction.OUT, 3, now=1)
