"""Calls and replies of ONC RPC as records."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Context, Direction, ProtocolError
from procwire.dpi.wire.onc_rpc import Head
from procwire.dpi.wire.rpc_talk import RpcMessage, RpcParser
from tests.dpi.rpc_messages import call, marked, reply

OUT, IN = Direction.OUT, Direction.IN


def refuses(seen: RpcMessage, found: Head, data: bytes) -> None:
    raise ProtocolError("arguments are cut")


def parser(transport: str) -> Any:
    return RpcParser(Context(transport=transport), refuses, refuses)


def test_pairs_by_transaction() -> None:
    talk = parser("udp")
    (asked,) = talk.feed(OUT, call(100000, 2, 3), now=10)
    (again,) = talk.feed(OUT, call(100000, 2, 3), now=20)
    (answer,) = talk.feed(IN, reply(), now=50)
    assert (asked.program, asked.procedure, asked.retransmitted, again.retransmitted) == (
        "portmap",
        "getport",
        False,
        True,
    )
    assert (answer.procedure, answer.latency, answer.status) == ("getport", 40, "ok")


def test_later_fragments_are_passed_over() -> None:
    talk = parser("tcp")
    assert len(list(talk.feed(OUT, marked(call(1, 1, 0)), now=1))) == 1
    fragment = marked(bytes(4) + b"\0\0\0\0" + b"\0\0\0\2" + b"\xff" * 40)
    assert not list(talk.feed(OUT, fragment, now=2))
    with pytest.raises(ProtocolError):
        list(parser("tcp").feed(OUT, fragment, now=2))
