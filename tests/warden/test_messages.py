"""The language between engine and warden: nothing else is understood."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.model.process import EXACT, Executable, Owner, ProcessRef
from procwire.warden import messages
from procwire.warden.messages import (
    MAX_BYTES,
    Found,
    Learned,
    LookUp,
    MessageError,
    OpenKeys,
    OpenRing,
    Refresh,
    Refused,
    pack,
)

ASKED = LookUp(6, b"\x7f\0\0\1", 1, b"\x7f\0\0\1", 2)
RING = OpenRing(index=1, name="lo", hardware=772, linktype=1, blocks=4, block_bytes=65536, retire_ms=10)
OWNER = Owner(
    process=ProcessRef(pid=1, start=2, name="x", executable=Executable(path="/x")), confidence=EXACT
)


@pytest.mark.parametrize("asked", [ASKED, Refresh(), RING])
def test_requests_survive_the_way(asked: messages.Request) -> None:
    assert messages.request(pack(asked)) == asked


@pytest.mark.parametrize(
    "told", [Found(OWNER, True, (1, 0)), Refused("no"), Learned({1: Executable(path="/x")}, {})]
)
def test_replies_survive_the_way(told: messages.Reply) -> None:
    assert messages.reply(pack(told)) == told


def framed(value: object) -> bytes:
    body = msgspec.msgpack.encode(value)
    return len(body).to_bytes(4, "little") + body


LOOK = msgspec.to_builtins(ASKED, builtin_types=(bytes,))
OPEN = msgspec.to_builtins(RING)


@pytest.mark.parametrize(
    "wrong",
    [
        LOOK | {"proto": 256},
        LOOK | {"sport": -1},
        LOOK | {"dport": 65536},
        LOOK | {"src": b"\x7f\0\0"},
        LOOK | {"src": bytes(17)},
        LOOK | {"src": bytes(16)},  # and the other one of 4
        LOOK | {"src": "\x7f"},
        LOOK | {"more": 1},
        LOOK | {"type": "Exec"},
        {key: value for key, value in LOOK.items() if key != "dst"},
        OPEN | {"name": "../../etc/passwd"},
        OPEN | {"name": ""},
        OPEN | {"index": 0},
        OPEN | {"blocks": 1 << 20},
        OPEN | {"block_bytes": 1},
        OPEN | {"promiscuous": "yes"},
        [1, 2, 3],
        None,
        "LookUp",
        {"type": "LookUps", "keys": []},
        {"type": "LookUps", "keys": [LOOK] * 33},
        {"type": "LookUps", "keys": [LOOK, LOOK | {"sport": -1}]},
        {"type": "Found"},
    ],
    ids=str,
)
def test_fields_out_of_bounds_are_refused(wrong: object) -> None:
    with pytest.raises(MessageError):
        messages.request(framed(wrong))


@given(data=st.binary(max_size=300))
def test_junk_raises_nothing_else(data: bytes) -> None:
    for decode in (messages.request, messages.reply):
        with pytest.raises(MessageError):
            decode(data)
        with pytest.raises(MessageError):
            decode(len(data).to_bytes(4, "little") + data)


def test_every_byte_changed_is_refused_or_another_request() -> None:
    known = (LookUp, Refresh, OpenRing, OpenKeys)
    whole = pack(ASKED)
    choose = random.Random(1)
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= choose.randrange(1, 256)
        try:
            assert isinstance(messages.request(bytes(changed)), known)
        except MessageError:
            continue
        with pytest.raises(MessageError):
            messages.request(whole[:at])


def test_deep_and_huge_are_refused() -> None:
    deep = b"\x91" * 5000 + b"\xc0"
    with pytest.raises(MessageError):
        messages.request(len(deep).to_bytes(4, "little") + deep)
    with pytest.raises(MessageError):
        messages.request(bytes(MAX_BYTES + 1))
    with pytest.raises(MessageError):
        pack(Refused("x" * MAX_BYTES))
    with pytest.raises(MessageError):
        pack(Refused("\ud800"))
