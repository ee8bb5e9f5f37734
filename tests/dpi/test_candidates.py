"""Whom to ask, in which order, and what they answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from procwire.dpi.candidates import Candidates, ask, in_order
from procwire.dpi.contract import Claim, Context, Shape
from procwire.dpi.declared import Declared
from procwire.dpi.entry import Entry
from procwire.dpi.registry import registry
from tests.dpi.test_opening import NEVER, WAIT, WORD, entry

TCP = Context(transport="tcp")


def names(entries: Any) -> list[str]:
    return [one.name for one in entries]


def test_a_port_puts_its_protocol_first_and_leaves_nobody_out() -> None:
    known = Candidates(registry())
    plain: Any = known.order(6, 40000, 40001, ord("G"))
    for hinted in (known.order(6, 40000, 53, ord("G")), known.order(6, 53, 40000, ord("G"))):
        assert names(hinted)[0] == "dns"
        assert sorted(names(hinted)) == sorted(names(plain))
    assert names(known.order(6, 80, 53, ord("G")))[0] == "dns"


def test_a_hint_at_another_first_byte_is_none() -> None:
    known = Candidates(registry())
    assert "http" not in names(known.order(6, 40000, 80, 0))
    assert known.order(6, 40000, 80, 0) == known.order(6, 40000, 40001, 0)


def test_fronts_and_tables_are_the_registrys() -> None:
    known = Candidates(registry())
    assert known.front(6, 80, 5) == registry().hinted(6, 80, 5)
    assert known.front(17, 1, 2) == ()
    assert known.table(17) is registry().dispatch(17)
    assert known.table(143) is None


def test_in_order_keeps_the_fronts_order() -> None:
    assert in_order((NEVER, WORD), (WAIT, WORD, NEVER)) == (NEVER, WORD, WAIT)


def test_the_first_to_claim_ends_the_asking() -> None:
    answer: Any = ask((NEVER, WAIT, WORD, entry("late", lambda data: Claim.YES)), b"word", 0, TCP)
    assert answer.entry is WORD
    none: Any = ask((NEVER, WAIT, WORD), b"wo", 0, TCP)
    assert (none.entry, none.waiting, none.defect) == (None, [WAIT, WORD], None)


def test_one_that_raises_is_named_and_passed_over() -> None:
    def broken(data: bytes) -> Claim:
        raise ZeroDivisionError

    answer: Any = ask((entry("bad", broken), WORD), b"word", 1, TCP)
    assert answer.entry is WORD
    assert "bad.claims: ZeroDivisionError" in answer.defect


def test_what_a_shape_rules_out_is_not_asked() -> None:
    asked: list[bytes] = []

    def claims(data: bytes, *_: Any) -> Claim:
        asked.append(data)
        return Claim.YES

    module = SimpleNamespace(SHAPES={"tcp": Shape(starts=({1: b"o"},)), "udp": Shape(least=9)})
    shaped: Any = Entry("shaped", claims, object, module)
    by_udp, by_sctp = Context(transport="udp"), Context(transport="sctp")
    for data, context in (
        (b"xx", TCP),
        (b"short", by_udp),
        (b"wo", TCP),
        (b"xx", by_sctp),
        (b"x" * 9, by_udp),
    ):
        ask((shaped,), data, 0, context)
    assert asked == [b"wo", b"xx", b"x" * 9]


def test_one_that_is_only_declared_is_imported_to_be_asked() -> None:
    lines: Any = [
        Declared(module=name, NAME=name, PORTS=frozenset(), TRANSPORTS=frozenset({"tcp"}), FIRST=None)
        for name in ("nonesuch", "http")
    ]
    gone, http = (Entry(line.NAME, None, None, line) for line in lines)
    first: Any = ask((gone, http), b"GET / HTTP/1.1\r\n", 0, TCP)
    assert (first.entry, first.waiting) == (http, [])
    assert "nonesuch" in first.defect
    again: Any = ask((gone, http), b"GET / HTTP/1.1\r\n", 0, TCP)
    assert (again.entry, again.defect) == (http, None)
