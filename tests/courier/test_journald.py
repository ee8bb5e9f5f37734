"""The journal's native protocol, into a socket that stands for it."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from procwire.courier.contract import CourierError
from procwire.courier.journald import Journal, datagram
from procwire.model.sink import OK
from tests.courier.servers import item


def decode(data: bytes) -> dict[str, str]:
    """Fields, in either form of the protocol."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            data = rest
        else:
            (size,) = struct.unpack_from("<Q", rest)
            key, value, data = name, rest[8 : 8 + size], rest[9 + size :]
        found[key.decode()] = value.decode()
    return found


def test_reads_back() -> None:
    fields = {"A": "one", "B": "two\nlines\nC=no", "D": "a=b"}
    assert decode(datagram(fields)) == fields


def test_a_datagram_an_alert(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        journal = Journal("j", str(path))
        assert journal.carry([item(1)]) == [OK]
        told = decode(server.recv(10_000))
        journal._socket.close()
    assert told == {
        "MESSAGE": "subject 1", "PRIORITY": "3", "SYSLOG_IDENTIFIER": "procwire", "PROCWIRE_KEY": "key-1",
        "PROCWIRE_ALERT": '{"n":1}',
    }  # fmt: skip


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(CourierError, match=r"sink j: .*No such file"):
        Journal("j", str(tmp_path / "none"))
