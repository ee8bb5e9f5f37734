"""Values as text: exact round trips, honest rounding, and nothing that a terminal could act on."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.model import values
from procwire.model.columns import Kind

NS = st.integers(values.MIN_TIME, values.MAX_TIME)


@given(NS)
def test_times_come_back(ns: int) -> None:
    assert values.parse_time(values.time_text(ns)) == ns


@given(NS)
def test_durations_come_back(ns: int) -> None:
    assert values.parse_duration(values.duration_text(ns)) == ns


@given(st.integers(0, 1 << 63))
def test_sizes_come_back(size: int) -> None:
    assert values.parse_size(values.size_text(size)) == size


@given(st.integers(0, 50 * 86400 * values.SECOND))
def test_seconds_keep_every_nanosecond(ns: int) -> None:
    assert round(values.seconds(ns) * 1e9) == ns


@pytest.mark.parametrize(
    ("text", "size"),
    [("1500", 1500), ("1MB", 10**6), ("1mib", 1 << 20), ("1.5kB", 1500), ("0B", 0), ("2TiB", 2 << 40)],
)
def test_sizes(text: str, size: int) -> None:
    assert values.parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "ns"),
    [("80ms", 80_000_000), ("1.5s", 1_500_000_000), ("2h", 7200 * 10**9), ("1h30m", 5400 * 10**9),
     ("-80ms", -80_000_000), ("0", 0), ("3us", 3000), ("3µs", 3000), ("1d", 86400 * 10**9)],
)  # fmt: skip
def test_durations(text: str, ns: int) -> None:
    assert values.parse_duration(text) == ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [("1970-01-01", 0), ("1970-01-01T00:00:01Z", 10**9), ("1970-01-01T01:00+01:00", 0),
     ("1970-01-01T00:00:00.5Z", 500_000_000), ("1969-12-31T23:59:59.999999999Z", -1)],
)  # fmt: skip
def test_times(text: str, ns: int) -> None:
    assert values.parse_time(text) == ns


def test_relative_times_need_a_now() -> None:
    assert values.parse_time("-2h", now=7200 * 10**9) == 0
    assert values.parse_time("now", now=5) == 5
    with pytest.raises(values.ValueTextError):
        values.parse_time("-2h")


@pytest.mark.parametrize("text", ["", "MB", "1XB", "1.2.3B", "0.5B", "-1B", "1" * 200, "1e3B", "٣B"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(values.ValueTextError):
        values.parse_size(text)


@pytest.mark.parametrize("text", ["", "-", "5", "5x", "0.1ns", "1h30", "h1", "1" * 99 + "s", "1s "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(values.ValueTextError):
        values.parse_duration(text)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-13-01", "2026-02-30", "2026-01-01T25:00Z", "9999-01-01", "2026-01-01T00:00+99:00"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(values.ValueTextError):
        values.parse_time(text)


@given(st.text(max_size=30))
def test_parsers_raise_one_error_only(text: str) -> None:
    for parse in (values.parse_size, values.parse_duration, values.parse_time):
        with contextlib.suppress(values.ValueTextError):
            assert isinstance(parse(text), int)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1234567, "1.2 MB"),
        (83_000, "83 kB"),
        (999_999, "1.0 MB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert values.human_size(size) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, "0 ns"), (83_000_000, "83 ms"), (1_500_000_000, "1.5 s"), (999_999_999, "1.0 s"), (-5, "-5 ns")],
)
def test_durations_for_people(ns: int, text: str) -> None:
    assert values.human_duration(ns) == text


@given(st.text(max_size=40))
def test_clean_text_holds_nothing_that_acts(text: str) -> None:
    shown = values.clean(text)
    assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u200b\ufeff"
    )


def test_clean_shows_what_it_took_out() -> None:
    assert values.clean("a\x1b[2Jb\u202e\U000e0041") == "a\\x1b[2Jb\\u202e\\U000e0041"
    assert values.clean("grüße.example") == "grüße.example"


@pytest.mark.parametrize(
    ("kind", "value", "machine", "human"),
    [
        (Kind.TEXT, "a\nb", "a\nb", "a\\x0ab"),
        (Kind.TEXT, b"\xff", "\\xff", "\\xff"),
        (Kind.SIZE, 1500, "1500", "1.5 kB"),
        (Kind.DURATION, 80_000_000, "0.08", "80 ms"),
        (Kind.TIME, 0, "1970-01-01T00:00:00.000000000Z", "00:00:00.000"),
        (Kind.BOOLEAN, True, "true", "yes"),
        (Kind.LIST, ("a", "b"), "a,b", "a,b"),
        (Kind.NUMBER, 0.5, "0.5", "0.5"),
        (Kind.INTEGER, None, "", ""),
    ],
)
def test_every_kind_prints(kind: Kind, value: object, machine: str, human: str) -> None:
    assert values.machine(kind, value) == machine
    assert values.human(kind, value) == human


def test_one_is_not_several() -> None:
    assert [values.several(number, "flow") for number in (0, 1, 2, 1500)] == [
        "0 flows", "1 flow", "2 flows", "1,500 flows",
    ]  # fmt: skip
