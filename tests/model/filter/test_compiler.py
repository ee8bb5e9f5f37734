"""What filters mean, on rows of every kind, and against a naive oracle."""

from __future__ import annotations

import ipaddress
import operator
import time
from operator import itemgetter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.filter import FilterError, compile_filter, syntax

KINDS = {
    "name": Kind.TEXT,
    "count": Kind.INTEGER,
    "ratio": Kind.NUMBER,
    "sure": Kind.BOOLEAN,
    "when": Kind.TIME,
    "took": Kind.DURATION,
    "size": Kind.SIZE,
    "here": Kind.ADDRESS,
    "there": Kind.ADDRESS,
    "tags": Kind.LIST,
    "port_a": Kind.INTEGER,
    "port_b": Kind.INTEGER,
}
EXACT = {"port_a", "port_b"}
TABLE = Table(
    name="probe",
    doc="A row of every kind.",
    columns=tuple(
        Column(name=n, kind=k, doc="A.", get=itemgetter(n), free=Free.EQUALS if n in EXACT else None)
        for n, k in KINDS.items()
    ),
    also={"port": ("port_a", "port_b"), "host": ("here", "there", "name"), "p.a": ("port_a",)},
)
NOTHING: dict[str, Any] = dict.fromkeys(KINDS)
ROW = NOTHING | {
    "name": "Example.com",
    "count": 7,
    "ratio": 0.5,
    "sure": True,
    "when": 10**18,
    "took": 80_000_000,
    "size": 1_500_000,
    "here": "10.1.2.3",
    "there": "2001:db8::1",
    "tags": ("syn", "ack"),
    "port_a": 40000,
    "port_b": 443,
}


def matches(text: str, row: dict[str, Any] = ROW, now: int | None = None) -> bool:
    return compile_filter(text, TABLE, now=now).matches(row)


@pytest.mark.parametrize(
    "text",
    [
        "name == example.com",
        "name = EXAMPLE.COM",
        "name != other",
        'name ~ "^Exa"',
        "name !~ ^exa",
        "name contains AMPLE",
        "name in {a, example.com}",
        "name not in {a, b}",
        "count == 7",
        "count == 0x7",
        "count in {1, 5..9}",
        "count < 8 and count <= 7 and count > 6 and count >= 7",
        "ratio < 0.6",
        "ratio in 0.1..0.5",
        "sure == true",
        "sure != no",
        "when == 2001-09-09T01:46:40Z",
        "when in 2001-09-09..2001-09-10",
        "took >= 80ms and took < 81ms",
        "took > 0",
        "size > 1MB and size < 1.5MiB and size == 1500000",
        "here in 10.0.0.0/8",
        "here == 10.1.2.3",
        "here in 10.1.2.0..10.1.2.9",
        "there in 2001:db8::/32",
        "there == 2001:0db8:0:0::1",
        "not here in {192.168.0.0/16, ::/0}",
        "here ~ ^10",
        "tags == syn",
        "tags != rst",
        "tags contains yn",
        "tags in {rst, ack}",
        "port == 443",
        "port != 444",
        "p.a > 30000",
        "host in {10.0.0.0/8}",
        "host == example.com",
        "host in {1.1.1.1, example.com}",
        "example",
        "443",
        "10.1",
        "SYN",
        '"ample.c"',
        "example syn",
        "not nowhere",
        "! nowhere && (count == 1 || count == 7)",
        "count is known",
        "count is not unknown",
        "NOT count == 1 AND name Contains exam",
    ],
)
def test_true(text: str) -> None:
    assert matches(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "name == example",
        "name ~ ^exa",
        "count != 7",
        "count not in 1..7",
        "port != 443",
        "port not in {443}",
        "host != example.com",
        "tags != syn",
        "here in ::/0",
        "here in 2001:db8::/32",
        "nowhere",
        "44",
        "1.2.3",
        "count is unknown",
        "not count is known",
        "count == 1 and name == example.com or count == 2",
    ],
)
def test_false(text: str) -> None:
    assert matches(text) is False


@pytest.mark.parametrize("name", sorted([*KINDS, *TABLE.also]))
def test_what_is_not_known_fits_nothing(name: str) -> None:
    value = {"sure": "true", "when": "2001-09-09", "took": "1s", "here": "::1", "there": "::1"}.get(name, "1")
    value = "::1" if name == "host" else value
    for sign in ("==", "!="):
        assert matches(f"{name} {sign} {value}", NOTHING) is False
        assert matches(f"not {name} {sign} {value}", NOTHING) is True
    assert matches(f"{name} is unknown", NOTHING) is True
    assert matches(f"{name} is known", NOTHING) is False


def test_empty_text_and_lists_are_not_known() -> None:
    row = NOTHING | {"name": "", "tags": ()}
    for text in ("name != x", "name is known", 'name == ""', "name ~ .*", "tags != x", "tags is known", "x"):
        assert matches(text, row) is False


def test_relative_times_count_from_now() -> None:
    assert matches("when > -2h", now=10**18 + 3600 * 10**9) is True
    assert matches("when > -2h", now=10**18 + 3 * 3600 * 10**9) is False


def test_a_filter_tells_what_it_is() -> None:
    ready = compile_filter("port == 443 and  name ~ x", TABLE)
    assert ready.columns == ("port_a", "port_b", "name")
    assert str(ready) == "port == 443 and name ~ x"
    assert ready.table == "probe"
    plain = msgspec.json.decode(msgspec.json.encode(ready.tree))
    assert plain["node"] == "and"
    assert plain["items"][0]["terms"][0] == {
        "column": "port_a",
        "values": [{"type": "span", "low": 443, "high": 443, "family": 0}],
    }


WORDS = st.sampled_from(["a", "b", "Ab", "syn", "x y", "tls"])
ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.9.9.9", "::1", "2001:db8::5"])
SMALL = st.integers(-3, 3)
VALUE = {
    Kind.TEXT: WORDS,
    Kind.INTEGER: SMALL,
    Kind.NUMBER: st.sampled_from([-1.5, 0.0, 0.25, 2.0]),
    Kind.BOOLEAN: st.booleans(),
    Kind.TIME: st.sampled_from([0, 10**9, 10**18]),
    Kind.DURATION: st.sampled_from([0, 1000, 80_000_000, -1000]),
    Kind.SIZE: st.sampled_from([0, 1, 1500, 10**6]),
    Kind.ADDRESS: ADDRESSES,
    Kind.LIST: st.lists(WORDS, max_size=2).map(tuple),
}
ROWS = st.fixed_dictionaries({name: st.none() | VALUE[kind] for name, kind in KINDS.items()})
SPELLING: dict[Kind, dict[Any, str]] = {
    Kind.TIME: {0: "1970-01-01", 10**9: "1970-01-01T00:00:01Z", 10**18: "2001-09-09T01:46:40Z"},
    Kind.DURATION: {0: "0", 1000: "1us", 80_000_000: "80ms", -1000: "-1us"},
    Kind.SIZE: {0: "0", 1: "1B", 1500: "1.5kB", 10**6: "1MB"},
    Kind.BOOLEAN: {True: "true", False: "no"},
}


def word_of(kind: Kind, value: Any) -> syntax.Word:
    if kind in (Kind.TEXT, Kind.LIST):
        return syntax.Word(text=value, quoted=True)
    return syntax.Word(text=SPELLING[kind][value] if kind in SPELLING else str(value))


@st.composite
def compares(draw: st.DrawFn) -> tuple[syntax.Tree, Any]:
    """A test, and what it should say of a row."""
    name = draw(st.sampled_from(sorted([*KINDS, "port"])))
    columns = TABLE.also.get(name, (name,))
    kind = KINDS[columns[0]]
    ordered = kind in (Kind.INTEGER, Kind.NUMBER, Kind.TIME, Kind.DURATION, Kind.SIZE)
    signs = ["==", "!="] + (["<", "<=", ">", ">="] if ordered else [])
    signs += [] if kind is Kind.BOOLEAN else ["in", "not in"]
    sign = draw(st.sampled_from(signs))
    member = VALUE[Kind.TEXT if kind is Kind.LIST else kind]
    values = draw(st.lists(member, min_size=1, max_size=3 if "in" in sign else 1))
    words = tuple(word_of(kind, value) for value in values)
    wanted = [same(kind, value) for value in values]

    def says(row: dict[str, Any]) -> bool:
        known = [row[column] for column in columns if row[column] not in (None, "", ())]
        negate = sign in ("!=", "not in")
        holds = any(naive(kind, sign, value, wanted) for value in known)
        return bool(known) and not holds if negate else holds

    return syntax.Compare(name=name, operator=sign, values=words), says


def same(kind: Kind, value: Any) -> Any:
    if kind is Kind.ADDRESS:
        return ipaddress.ip_address(value)
    return value.lower() if isinstance(value, str) else value


def naive(kind: Kind, sign: str, value: Any, wanted: list[Any]) -> bool:
    if kind is Kind.LIST:
        return any(member.lower() in wanted for member in value)
    value = same(kind, value)
    if sign in ("==", "!=", "in", "not in"):
        return value in wanted
    order = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[sign]
    return bool(order(value, wanted[0]))


def combine(parts: st.SearchStrategy[tuple[syntax.Tree, Any]]) -> st.SearchStrategy[tuple[syntax.Tree, Any]]:
    several = st.lists(parts, min_size=2, max_size=3)
    return st.one_of(
        parts.map(lambda p: (syntax.Not(item=p[0]), lambda row: not p[1](row))),
        several.map(
            lambda ps: (
                syntax.And(items=tuple(p[0] for p in ps)),
                lambda row: all(p[1](row) for p in ps),
            )
        ),
        several.map(
            lambda ps: (
                syntax.Or(items=tuple(p[0] for p in ps)),
                lambda row: any(p[1](row) for p in ps),
            )
        ),
    )


PIECES = r"""
name port ( ) { } , .. == ~ ! not in and or is known "a" ' 443 1MB 10.0.0.0/8 contains \ & :: -2h
""".split()  # noqa: SIM905
TREES = st.recursive(compares(), combine, max_leaves=6)


@settings(max_examples=300, deadline=None)
@given(TREES, ROWS)
def test_random_filters_agree_with_the_oracle(tree: tuple[syntax.Tree, Any], row: dict[str, Any]) -> None:
    written, says = tree
    assert compile_filter(syntax.show(written), TABLE).matches(row) is says(row)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join))
def test_junk_raises_nothing_but_a_filter_error(text: str) -> None:
    try:
        said = matches(text)
    except FilterError as error:
        assert "^" in str(error)  # noqa: PT017
        assert 0 <= error.at <= len(text)  # noqa: PT017
    else:
        assert said in (True, False)


@pytest.mark.parametrize(
    "piece", ["(", "not ", "a ", "{", '"', "..", "a and ", "port in {", "!", "\\", "a or(", "1,"]
)
def test_long_junk_is_settled_at_once(piece: str) -> None:
    start = time.perf_counter()
    try:
        compile_filter((piece * 10_000)[:10_000], TABLE)
    except FilterError as error:
        assert len(str(error)) < 2000  # noqa: PT017
    assert time.perf_counter() - start < 5


def test_too_long_a_filter_is_refused() -> None:
    with pytest.raises(FilterError, match="at most"):
        compile_filter("a " * 6000, TABLE)
