"""ONC RPC: the portmapper of a real host, what is left to NFS, lone replies."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import rpc
from tests.dpi.rpc_messages import call, marked, reply
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP, TCP = context("udp", 111), context("tcp", 111)


def test_portmapper() -> None:
    said = rows("rpc/portmapper", "rpc")
    first, answer = said[0], said[1]
    assert (first["procedure"], first["target"], answer["port"]) == ("getaddr", "portmap 2 tcp", 111)
    assert {line["procedure"] for line in said} == {"getaddr", "dump", "null"}
    assert all(line["latency"] > 0 for line in said if line["message"] == "reply")
    assert apps("rpc/portmapper") == {("rpc", "content")}


def test_getport() -> None:
    arguments = b"".join(number.to_bytes(4, "big") for number in (100003, 3, 17, 0))
    asked, told = talk(rpc, UDP, (OUT, call(100000, 2, 3, arguments)), (IN, reply(b"\0\0\x08\x01")))
    assert (asked.target, told.port) == ("nfs 3 udp", 2049)


def test_claims() -> None:
    assert claimed(rpc, call(100000, 2, 3), context("udp", 9))
    assert not claimed(rpc, call(100003, 3, 0), UDP)
    assert claimed(rpc, reply(), UDP)
    assert not claimed(rpc, reply(), context("udp", 9))
    assert claimed(rpc, marked(call(100000, 2, 4)), TCP)
    assert not claimed(rpc, marked(reply()), context("tcp", 9))


def test_malformed() -> None:
    for where, data in ((UDP, b""), (UDP, b"\0" * 40), (TCP, marked(bytes(40)))):
        with pytest.raises(ProtocolError):
            talk(rpc, where, (OUT, data))
