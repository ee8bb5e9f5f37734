"""HTTP heads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.wire.http_head import MAX_FIELDS, MAX_TEXT, HeadError, clean, decode, masked, parse, starts


def test_fields_of_interest() -> None:
    head = parse(b"GET /a HTTP/1.1\r\nHOST:  a.org \r\nAccept: x\r\nUpgrade: a\r\nUpgrade: b")
    assert (head.method, head.target, head.version) == ("GET", "/a", "1.1")
    assert head.fields == {b"host": b"a.org", b"upgrade": b"a, b"}
    assert head.text(b"host") == "a.org"
    assert head.faults == []


@pytest.mark.parametrize(
    "raw", [b"", b"GET /", b"GET / HTTP/2.0", b"get / HTTP/1.1", b"HTTP/1.1 20", b"HTTP/1.1 099 x"]
)
def test_no_start_line(raw: bytes) -> None:
    with pytest.raises(HeadError):
        parse(raw)


def test_too_many_fields() -> None:
    with pytest.raises(HeadError):
        parse(b"GET / HTTP/1.1" + b"\r\na: b" * (MAX_FIELDS + 1))


@settings(max_examples=300, deadline=None)
@given(value=st.binary(max_size=100))
def test_values_are_safe_to_print(value: bytes) -> None:
    text = decode(value)
    assert text.isprintable()
    assert len(text.encode()) >= len(text)


def test_long_values_are_cut() -> None:
    assert len(clean("a" * 5000)) == MAX_TEXT
    assert clean("a\r\nb") == "a\\r\\nb"
    assert clean("a\u202eb\x1b") == "a\\u202eb\\x1b"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://a:b@c.org/d@e", "http://***@c.org/d@e"),
        ("//a@c.org/", "//***@c.org/"),
        ("/x?a=1&password=p&b=2#c", "/x?a=1&password=***&b=2#c"),
        ("/x?API_KEY=p", "/x?API_KEY=***"),
        ("/x?compass=north", "/x?compass=north"),
        ("http://a@b@c.org/", "http://***@c.org/"),
    ],
)
def test_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


@settings(max_examples=300, deadline=None)
@given(
    tail=st.binary(max_size=60), head=st.sampled_from([b"", b"GET /", b"HTTP/1.1 200", b"GET / HTTP/1.1\r\n"])
)
def test_answer_is_not_taken_back(head: bytes, tail: bytes) -> None:
    data = head + tail
    answers = [starts(data[:size]) for size in range(1, len(data) + 1)]
    settled = [answer for answer in answers if answer >= 0]
    assert len(set(settled)) <= 1
    assert answers == [-1] * (len(answers) - len(settled)) + settled
