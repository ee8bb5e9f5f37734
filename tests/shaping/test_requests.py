from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import Entry
from procwire.shaping.requests import (
    MAX_BYTES,
    Applied,
    Apply,
    Confirm,
    Done,
    Held,
    Look,
    Refused,
    Reply,
    Request,
    Restore,
    Switch,
    send,
    take_reply,
    take_request,
)
from procwire.shaping.steps import Part, Place, PutQdisc, Tag

PLACE = Place(path="/run/netns/x", inode=7)
ENTRY = Entry(
    id="0a1b2c3d", document={"target": "eth0"}, boot="b", made_ns=1, until_ns=2,
    parts=(
        Part(
            place=PLACE, device=3, name="eth0", side="egress", undo=(),
            steps=(PutQdisc(device=3, parent=1, handle=2, kind="tbf", options=b"\0\xff"),
                   Tag(pid=1, start=2, priority=3)),
        ),
    ),
)  # fmt: skip
REQUESTS: list[Request] = [
    Look(), Apply(ENTRY), Restore("0a1b2c3d"), Confirm("0a1b2c3d"), Switch(PLACE, 3, up=True),
]  # fmt: skip
REPLIES: list[Reply] = [Held(7, ["0a1b2c3d"], {"x": "y"}), Applied(1, 2, 3), Done(["z"]), Refused("no")]


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        other.settimeout(60)
        yield one, other


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: type(asked).__name__)
def test_what_is_asked_arrives(ends: tuple[socket.socket, socket.socket], asked: Request) -> None:
    send(ends[0], asked)
    assert take_request(ends[1]) == asked


@pytest.mark.parametrize("told", REPLIES, ids=lambda told: type(told).__name__)
def test_what_is_told_arrives(ends: tuple[socket.socket, socket.socket], told: Reply) -> None:
    send(ends[0], told)
    assert take_reply(ends[1]) == told


def test_who_hangs_up_has_asked_nothing(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].sendall(b"\x09\0\0\0half")
    ends[0].shutdown(socket.SHUT_WR)
    assert take_request(ends[1]) is None


def test_more_than_may_be_is_not_waited_for(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[0].sendall((MAX_BYTES + 1).to_bytes(4, "little"))
    with pytest.raises(ShapingError, match="bytes"):
        take_request(ends[1])


@given(st.binary(max_size=200))
def test_junk_is_refused_and_nothing_else(data: bytes) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(len(data).to_bytes(4, "little") + data)
        with pytest.raises(ShapingError):
            take_request(other)


@pytest.mark.parametrize("name", ["", "../../etc", "0A1B2C3D", "0a1b2c3d\n"])
def test_a_name_that_leads_elsewhere_is_not_understood(
    ends: tuple[socket.socket, socket.socket], name: str
) -> None:
    send(ends[0], Restore(name))
    with pytest.raises(ShapingError, match="not understood"):
        take_request(ends[1])
