"""The same filter takes the same rows of the store as of the live table: every operator, every kind."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.model.columns import Kind
from procwire.model.filter import compile_filter
from procwire.store import cells, schema
from procwire.store.conditions import condition, plain
from procwire.store.functions import register
from tests.store.probe import KINDS, NOTHING, PROBE, row


def kept(text: str, rows: list[dict[str, Any]]) -> list[int]:
    """Numbers of the rows that the filter takes when they are stored."""
    connection = sqlite3.connect(":memory:")
    register(connection)
    for statement in schema.create(PROBE):
        connection.execute(statement)
    how = cells.encoders(PROBE)
    connection.executemany(schema.insert(PROBE), [cells.cells(one, how, (1, 1)) for one in rows])
    told, parameters = condition(compile_filter(text, PROBE), PROBE)
    found = connection.execute(f"SELECT rowid - 1, {told} FROM probe ORDER BY 1", parameters).fetchall()
    connection.close()
    assert {value for _, value in found} <= {0, 1}
    return [number for number, value in found if value]


def check_agreement(text: str, rows: list[dict[str, Any]]) -> list[int]:
    matches = compile_filter(text, PROBE).matches
    wanted = [number for number, one in enumerate(rows) if matches(one)]
    assert kept(text, rows) == wanted, text
    return wanted


ROWS = [
    NOTHING,
    row(name="", here="", tags=()),
    row(name="Example.com", count=7, ratio=0.5, sure=True, when=10**18, took=80_000_000, size=1_500_000),
    row(here="10.1.2.3", there="2001:db8::1", tags=("syn", "ack"), port_a=40000, port_b=443),
    row(name='100%_off\'s "x"', count=-(1 << 63), sure=False, tags=("", "İstanbul", "\N{KELVIN SIGN}ey")),
    row(name="İ\N{KELVIN SIGN}ß", count=(1 << 63) - 1, here="::ffff:10.1.2.3", there="fe80::1%eth0"),
    row(name="a\x00b", ratio=float("inf"), here="no address", port_b=0),
]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("name == example.COM", [2]),
        ("name != other", [2, 4, 5, 6]),
        ("not name == example.com", [0, 1, 3, 4, 5, 6]),
        ('name ~ "^Exa"', [2]),
        ('name !~ "^Exa"', [4, 5, 6]),
        ("name contains %", [4]),
        ("name contains 'İ'", [5]),
        ("name contains i", [5]),
        ("name contains k", [5]),
        ("tags == 'İstanbul'", [4]),
        ("tags contains key", [4]),
        ("tags ~ ^$", [4]),
        ("tags in {rst, ack}", [3]),
        ("tags not in {rst, ack}", [4]),
        ("count > 99999999999999999999", []),
        ("count < 99999999999999999999", [2, 4, 5]),
        ("count not in {1, 5..9}", [4, 5]),
        ("ratio > 0.4", [2, 6]),
        ("sure == true", [2]),
        ("sure != true", [4]),
        ("when in 2001-09-09..2001-09-10", [2]),
        ("took >= 80ms and size < 2MB", [2]),
        ("here in {10.0.0.0/8, ::/0}", [3, 5]),
        ("here not in 10.0.0.0/8", [5, 6]),
        ("there in 2001:db8::/32", [3]),
        ("there == fe80::1", [5]),
        ("here ~ ^10", [3]),
        ("port == 443", [3]),
        ("port != 443", [6]),
        ("host == example.com", [2]),
        ("host in 10.0.0.0/8", [3]),
        ("count is unknown", [0, 1, 3, 6]),
        ("port is known", [3, 6]),
        ("443", [3]),
        ("10.1", [3]),
        ("SYN", [3]),
        ('""', [2, 3, 4, 5, 6]),
        ("not syn", [0, 1, 2, 4, 5, 6]),
    ],
)
def test_each_operator_on_each_kind(text: str, wanted: list[int]) -> None:
    assert check_agreement(text, ROWS) == wanted


TEXTS = st.sampled_from(
    [
        "a",
        "b",
        "Ab",
        "syn",
        "x y",
        "İ",
        "i",
        "K",
        "\N{KELVIN SIGN}",
        "ß",
        "ÄÖ",
        "äö",
        "%",
        "_",
        "'",
        '"',
        "a,b",
        "10.0",
    ]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.9.9.9", "::1", "2001:db8::5", "::ffff:10.0.0.1"])
NETS = st.sampled_from(["10.0.0.0/8", "10.0.0.1", "::/0", "2001:db8::/32", "0.0.0.0/0"])
SPANS = NETS | st.sampled_from(["10.0.0.0..10.0.0.1", "::1..::ffff"])
WHOLE = st.integers(-3, 3) | st.sampled_from([443, 1 << 62, -(1 << 63), (1 << 63) - 1])
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: TEXTS,
    Kind.INTEGER: WHOLE,
    Kind.NUMBER: st.floats(allow_nan=False, width=32) | st.integers(-3, 3),
    Kind.BOOLEAN: st.booleans(),
    Kind.TIME: st.sampled_from([0, 10**9, 10**18]),
    Kind.DURATION: st.sampled_from([0, 1000, 80_000_000, -1000]),
    Kind.SIZE: st.sampled_from([0, 1, 1500, 10**6, 1 << 62]),
    Kind.ADDRESS: ADDRESSES,
    Kind.LIST: st.lists(TEXTS, max_size=3).map(tuple),
}
SPELT: dict[Kind, list[str]] = {
    Kind.INTEGER: ["-3", "0", "1", "0x1bb", "443", "9223372036854775807",
                   "99999999999999999999", "-99999999999999999999"],
    Kind.NUMBER: ["-1.5", "0", "0.25", "2e0", "1e300"],
    Kind.BOOLEAN: ["true", "no"],
    Kind.TIME: ["1970-01-01", "1970-01-01T00:00:01Z", "2001-09-09T01:46:40Z"],
    Kind.DURATION: ["-1us", "0", "1us", "80ms"],
    Kind.SIZE: ["0", "1B", "1.5kB", "1MB", "5EB"],
}  # fmt: skip
PATTERNS = ["^a", "b$", "[ab]", "(?i)SYN", ".", "^$", "a|x y", r"\d"]
ORDERED = (Kind.INTEGER, Kind.NUMBER, Kind.TIME, Kind.DURATION, Kind.SIZE)


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from([*KINDS, "port", "host"]))
    kind = KINDS.get(name, Kind.INTEGER if name == "port" else Kind.TEXT)
    wordy = kind in (Kind.TEXT, Kind.LIST, Kind.ADDRESS)
    shapes = ["is", "equal", "free"] + (["words"] if wordy else []) + (["order"] if kind in ORDERED else [])
    shape = draw(st.sampled_from(shapes + (["set"] if kind is not Kind.BOOLEAN else [])))
    if shape == "free":
        return quote(draw(TEXTS | st.sampled_from(["443", "10.0.0", "2001:DB8", ""])))
    if shape == "is":
        return f"{name} is {draw(st.sampled_from(['known', 'unknown', 'not known']))}"
    if shape == "words":
        sign = draw(st.sampled_from(["~", "!~", "contains"]))
        return f"{name} {sign} {quote(draw(TEXTS)) if sign == 'contains' else quote_pattern(draw)}"
    if shape == "order":
        return f"{name} {draw(st.sampled_from(['<', '<=', '>', '>=']))} {draw(st.sampled_from(SPELT[kind]))}"
    one = one_value(kind)
    if shape == "equal":
        return f"{name} {draw(st.sampled_from(['==', '!=']))} {draw(one)}"
    members = draw(st.lists(one | ranges(kind), min_size=1, max_size=3))
    return f"{name} {draw(st.sampled_from(['in', 'not in']))} {{{', '.join(members)}}}"


def quote_pattern(draw: st.DrawFn) -> str:
    return f'"{draw(st.sampled_from(PATTERNS))}"'


def one_value(kind: Kind) -> st.SearchStrategy[str]:
    if kind is Kind.ADDRESS:
        return NETS
    return TEXTS.map(quote) if kind in (Kind.TEXT, Kind.LIST) else st.sampled_from(SPELT[kind])


def ranges(kind: Kind) -> st.SearchStrategy[str]:
    if kind not in ORDERED:
        return SPANS if kind is Kind.ADDRESS else one_value(kind)
    spelt = SPELT[kind]
    ends = st.tuples(st.integers(0, len(spelt) - 1), st.integers(0, len(spelt) - 1)).map(sorted)
    if kind is Kind.INTEGER:
        spelt = spelt[:7]
        ends = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(sorted)
    return ends.map(lambda pair: f"{spelt[pair[0]]}..{spelt[pair[1]]}")


FILTERS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda all_: "(" + ") and (".join(all_) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda all_: "(" + ") or (".join(all_) + ")"),
    ),
    max_leaves=5,
)
RANDOM = st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in KINDS.items()})


@settings(max_examples=200, deadline=None)
@given(FILTERS, st.lists(RANDOM, min_size=1, max_size=6))
def test_random_filters_take_the_same_rows(text: str, rows: list[dict[str, Any]]) -> None:
    check_agreement(text, rows)


def test_plain_text_is_the_same_in_both_lower_cases() -> None:
    lowered = {chr(code).lower() for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000}
    ascii_letters = {char for text in lowered for char in text if char.isascii()}
    assert ascii_letters == {"i", "k"}
    assert plain("abc 1%")
    assert not any(map(plain, ("git", "key", "ä")))
