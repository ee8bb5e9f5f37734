"""The terminal's end of a socket pair."""

from __future__ import annotations

import socket

import msgspec
import pytest

from procwire.api.messages import TableTold
from procwire.tui.aside import MAX_MESSAGE, Aside, Greeting, Told, declared, receive, send
from procwire.tui.host import HostError
from tests.tui.fake import TABLES


def greeted(*answers: bytes) -> Aside:
    ours, theirs = socket.socketpair()
    greeting = Greeting(title="x", live=True, span=None, tables=())
    send(theirs, Told(msgspec.Raw(msgspec.msgpack.encode(greeting))))
    for answer in answers:
        theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    return Aside(ours)


def test_a_process_that_ended_is_said() -> None:
    with pytest.raises(HostError, match="ended"):
        greeted().health()


@pytest.mark.parametrize(
    "answer", [b"\x03\x00\x00\x00abc", b"\x01\x00\x00\x00\xc0", b"\xff\xff\xff\xff", b"\x05\x00"]
)
def test_odd_bytes_are_an_error_and_nothing_else(answer: bytes) -> None:
    with pytest.raises(HostError):
        greeted(answer).health()


def test_a_message_is_bounded() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall((MAX_MESSAGE + 1).to_bytes(4, "little"))
    theirs.close()
    assert receive(ours) == b""


def test_our_own_tables_keep_the_other_names_of_their_columns() -> None:
    from procwire.cli.beside import told_of

    assert "sni" in declared(told_of(TABLES["flow"])).also
    assert not declared(TableTold(name="flow", doc="", columns=())).also
