"""Columns that come from a list of names, or from a hint."""

from __future__ import annotations

from typing import Any

from procwire.model import naming
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow, RowContext
from tests.dpi.flows import flow

KINDS = ("ja4", "hassh")


class Knowing(RowContext):
    """Knows one HASSH."""

    def fingerprint(self, kind: str, value: str) -> tuple[str, ...]:
        return ("PuTTY",) if (kind, value) == ("hassh", "aa") else ()

    def carries(self, flow: Flow, client: tuple[str, ...]) -> tuple[str, str] | None:
        return ("doh", ",".join(client))


def row(**facts: Any) -> FlowRow:
    one = flow()
    one.facts, one.ja4 = facts, "x" if facts else ""
    return FlowRow(one, Knowing())


def test_the_first_fingerprint_that_has_a_name_gives_it() -> None:
    assert (naming.named(KINDS)(row(hassh="aa")), naming.named_by(KINDS)(row(hassh="aa"))) == (
        ("PuTTY",), "hassh",
    )  # fmt: skip
    assert naming.named(KINDS)(row(hassh="bb")) is naming.named_by(KINDS)(row(hassh="bb")) is None


def test_a_hint_is_told_with_what_it_rests_on() -> None:
    assert naming.carried(KINDS, 0)(row(hassh="aa")) == "doh"
    assert naming.carried(KINDS, 1)(row(hassh="aa")) == "PuTTY"
    assert naming.carried(KINDS, 0)(row()) is None


def test_without_an_engine_nothing_is_known() -> None:
    one = flow()
    one.facts, one.ja4 = {"hassh": "aa"}, "x"
    assert naming.named(KINDS)(FlowRow(one)) is naming.carried(KINDS, 0)(FlowRow(one)) is None
