"""The language between faces and an engine: nothing else is understood."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.api import messages
from procwire.api.messages import (
    LENGTH_BYTES,
    MAX_REPLY,
    MAX_ROWS,
    AskFlow,
    AskRows,
    AskTables,
    Cancel,
    Event,
    Failed,
    Hello,
    MessageError,
    Rows,
    Subscribe,
    pack,
)

ROWS = AskRows(id=1, table="flow", columns=("pid",), filter="pid > 1", order=("-pid",), limit=10)
PLAIN = msgspec.to_builtins(ROWS)


@pytest.mark.parametrize(
    "asked",
    [Hello(1, "x"), AskTables(1), ROWS, AskFlow(2, "abc"), Subscribe(id=3, table="flow"), Cancel(3)],
    ids=lambda asked: type(asked).__name__,
)
def test_requests_survive_the_way(asked: messages.Request) -> None:
    data = pack(asked)
    assert int.from_bytes(data[:LENGTH_BYTES], "little") == len(data) - LENGTH_BYTES
    assert messages.request(data[LENGTH_BYTES:]) == asked


@pytest.mark.parametrize(
    "told",
    [
        Rows(id=1, columns=("a",), rows=[[1], [None]]),
        Event(id=1, event="end"),
        Failed(1, "table", "no"),
    ],
    ids=lambda told: type(told).__name__,
)
def test_replies_survive_the_way(told: messages.Reply) -> None:
    assert messages.reply(pack(told)[LENGTH_BYTES:]) == told


@pytest.mark.parametrize(
    "wrong",
    [
        PLAIN | {"id": -1},
        PLAIN | {"id": 1 << 32},
        PLAIN | {"table": ""},
        PLAIN | {"table": "x" * 65},
        PLAIN | {"columns": ["x"] * 513},
        PLAIN | {"columns": "pid"},
        PLAIN | {"filter": "x" * 4097},
        PLAIN | {"limit": MAX_ROWS + 1},
        PLAIN | {"offset": -1},
        PLAIN | {"more": 1},
        PLAIN | {"type": "Rows"},
        {"type": "Subscribe", "id": 1, "table": "flow", "every": -1.0},
        {"type": "Subscribe", "id": 1, "table": "flow", "every": float("nan")},
        {"type": "Hello"},
        [1],
        None,
    ],
    ids=str,
)
def test_fields_out_of_bounds_are_refused(wrong: object) -> None:
    with pytest.raises(MessageError):
        messages.request(msgspec.msgpack.encode(wrong))


@given(data=st.binary(max_size=300))
def test_junk_raises_nothing_else(data: bytes) -> None:
    for decode in (messages.request, messages.reply):
        with pytest.raises(MessageError):
            decode(data)


def test_every_byte_changed_is_refused_or_another_request() -> None:
    whole = pack(ROWS)[LENGTH_BYTES:]
    choose = random.Random(1)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= choose.randrange(1, 256)
        try:
            assert isinstance(messages.request(bytes(changed)), messages.Request)
        except MessageError:
            continue


def test_deep_is_refused_and_what_cannot_be_said_is_mended() -> None:
    with pytest.raises(MessageError):
        messages.request(b"\x91" * 5000 + b"\xc0")
    with pytest.raises(MessageError):
        pack(Rows(id=1, columns=(), rows=[["x" * MAX_REPLY]]))
    mended = messages.reply(pack(Rows(id=1, columns=("a",), rows=[["a\udcff"]]))[LENGTH_BYTES:])
    assert isinstance(mended, Rows)
    assert mended.rows == [["a\\xff"]]
