"""Values and kinds: what fits, what does not, and why."""

from __future__ import annotations

import pytest

from procwire.model.columns import Kind
from procwire.model.filter.literals import EXAMPLES, Exact, LiteralError, Span, address_number, literal
from procwire.model.filter.syntax import Range, Word


def of(kind: Kind, text: str, quoted: bool = False) -> object:
    return literal(kind, Word(text=text, quoted=quoted))


def test_each_kind_reads_its_own() -> None:
    assert of(Kind.TEXT, "Ab") == Exact(text="ab")
    assert of(Kind.INTEGER, "-5") == Span(low=-5, high=-5)
    assert of(Kind.INTEGER, "0xff") == Span(low=255, high=255)
    assert of(Kind.NUMBER, "1e3") == Span(low=1000.0, high=1000.0)
    assert of(Kind.BOOLEAN, "Yes") == Span(low=1, high=1)
    assert of(Kind.SIZE, "1kB") == Span(low=1000, high=1000)
    assert of(Kind.DURATION, "1ms") == Span(low=10**6, high=10**6)
    assert of(Kind.TIME, "1970-01-02", quoted=True) == Span(low=86400 * 10**9, high=86400 * 10**9)
    assert of(Kind.ADDRESS, "10.0.0.7/8") == Span(low=10 << 24, high=(11 << 24) - 1, family=4)
    assert of(Kind.ADDRESS, "::1") == Span(low=1, high=1, family=6)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.INTEGER, "1MB"),
        (Kind.INTEGER, "1.5"),
        (Kind.INTEGER, "9" * 30),
        (Kind.INTEGER, "٣"),
        (Kind.NUMBER, "nan"),
        (Kind.BOOLEAN, "1"),
        (Kind.SIZE, "1ms"),
        (Kind.DURATION, "80"),
        (Kind.TIME, "-2h"),
        (Kind.ADDRESS, "example.com"),
        (Kind.ADDRESS, "10.0.0.0/33"),
        (Kind.ADDRESS, "5"),
    ],
)
def test_what_does_not_fit(kind: Kind, text: str) -> None:
    with pytest.raises(LiteralError):
        of(kind, text)


def test_quotes_make_text() -> None:
    with pytest.raises(LiteralError, match="leave the quotes away"):
        of(Kind.INTEGER, "5", quoted=True)


def test_ranges() -> None:
    def between(kind: Kind, low: str, high: str) -> object:
        return literal(kind, Range(low=Word(text=low), high=Word(text=high)))

    assert between(Kind.INTEGER, "1", "5") == Span(low=1, high=5)
    assert between(Kind.ADDRESS, "10.0.0.1", "10.0.0.9") == Span(low=167772161, high=167772169, family=4)
    for kind, low, high in (
        (Kind.INTEGER, "5", "1"),
        (Kind.ADDRESS, "10.0.0.1", "::1"),
        (Kind.TEXT, "a", "b"),
        (Kind.BOOLEAN, "no", "yes"),
    ):
        with pytest.raises(LiteralError):
            between(kind, low, high)


def test_addresses_as_numbers() -> None:
    assert address_number("10.0.0.1") == (4, 167772161)
    assert address_number("fe80::1%eth0") == (6, (0xFE80 << 112) + 1)
    assert address_number("x") == (0, 0)


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == set(Kind)
