from __future__ import annotations

from typing import Any

from procwire.dpi.contract import ENOUGH, Context, Direction
from procwire.dpi.user.module import module
from procwire.dpi.user.schema import described
from tests.dpi.user.example import described_example, values

OUT, IN = Direction.OUT, Direction.IN
TCP = Context(transport="tcp")
HELLO = b"\xacN\x01\x05\x01\x02\xde\xad\xbe\xef dev=boiler3; mode=auto"


def parser(context: Context = TCP, **more: Any) -> Any:
    return (module(described(values(**more))) if more else described_example()).Parser(context)


def test_each_field_of_the_first_message() -> None:
    one = parser()
    assert list(one.feed(OUT, HELLO, now=1)) == []
    (hello,) = one.feed(IN, b"ACME/12 x", now=2)
    assert (hello.time, hello.side) == (1, OUT)
    assert (hello.version, hello.sequence, hello.key, hello.device) == (5, 513, "deadbeef", "boiler3")
    assert hello.server == ""
    (answer,) = one.finish(9)
    assert (answer.time, answer.side, answer.server, answer.version) == (2, IN, "12", None)
    assert one.skip(OUT) >= ENOUGH


def test_what_is_cut_short_is_not_made_up() -> None:
    one = parser()
    list(one.feed(OUT, HELLO[:5], now=1))
    (hello,) = one.gap(OUT, 100, now=2)
    assert (hello.version, hello.sequence, hello.key, hello.device) == (5, None, "", "")
    assert list(one.feed(OUT, HELLO, now=3)) == []


def test_fixed_fields_wait_for_no_answer_and_text_ends_at_zero() -> None:
    one = parser(fields=[{"name": "who", "at": 4, "size": 6, "side": "client"}])
    assert list(one.feed(OUT, b"BOX1ab", now=1)) == []
    (seen,) = one.feed(OUT, b"\0\0\0\0\0", now=2)
    assert seen.who == "ab"
    assert one.skip(OUT) >= ENOUGH


def test_without_fields_there_is_one_record() -> None:
    one = parser(name="box")
    assert [type(seen).TABLE for seen in one.feed(OUT, b"BOX1", now=1)] == ["box"]
    assert list(one.feed(IN, b"yes", now=2)) == []


def test_nothing_is_read_where_nobody_reads() -> None:
    one = parser(Context(transport="tcp", told=False))
    assert list(one.feed(OUT, HELLO, now=1)) == []
    assert one.skip(OUT) >= ENOUGH


EVERY: dict[str, Any] = {
    "messages": "every",
    "fields": [
        {"name": "word", "regex": "word=([a-z]+)"},
        {"name": "code", "at": 0, "size": 1, "type": "uint", "side": "server"},
    ],
}


def test_every_message_where_the_description_says_so() -> None:
    one = parser(**EVERY)
    said = [
        (OUT, b"BOX1 word="),
        (OUT, b"one"),
        (IN, b"\x07"),
        (OUT, b"nothing of it"),
        (IN, b"\x08"),
        (OUT, b"word=two"),
    ]
    seen = [found for now, (side, data) in enumerate(said) for found in one.feed(side, data, now=now)]
    seen += one.finish(9)
    assert [(found.side, found.word, found.code) for found in seen] == [
        (OUT, "one", None), (IN, "", 7), (IN, "", 8), (OUT, "two", None),
    ]  # fmt: skip
    assert one.skip(OUT) == 0


def test_every_datagram_where_the_description_says_so() -> None:
    one = parser(Context(transport="udp"), **EVERY)
    said = [b"BOX1 word=one", b"word=two", b"none", b"word=three"]
    seen = [found.word for now, data in enumerate(said) for found in one.feed(OUT, data, now=now)]
    assert seen == ["one", "two", "three"]


def test_a_long_message_is_one_message() -> None:
    one = parser(**EVERY)
    seen = [found for now in range(5) for found in one.feed(OUT, b"BOX1 word=one " + b"x" * 500, now=now)]
    assert [found.word for found in seen] == ["one"]
