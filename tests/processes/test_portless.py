from __future__ import annotations

import os
import socket
import sys

import pytest

from procwire.processes import portless
from procwire.processes.keys import key_from

HEAD = (
    b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref\n"
)
ROW = b"    1: 0100000A:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000  0 4242 2 0 0\n"


def test_a_row_gives_address_port_user_and_inode() -> None:
    (row,) = portless.parse(HEAD + ROW)
    expected = (0x0100000A).to_bytes(4, sys.byteorder)
    assert (row.src, row.port, row.dst, row.uid, row.inode) == (expected, 1, bytes(4), 1000, 4242)


@pytest.mark.parametrize(
    "junk", [b"", b"x", b"1: :: 3", b"1: ZZ:01 " + b"0 " * 9, b"1: 00:01 " + b"0 " * 9, b"\xff"]
)
def test_rows_that_are_none_are_passed_over(junk: bytes) -> None:
    assert len(portless.parse(HEAD + junk + b"\n" + ROW)) == 1


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to open a raw socket")
def test_a_raw_socket_is_found_by_its_protocol() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        found = portless.raws("/proc/self/ns/net", key_from(1, "127.0.0.1", 0, "127.0.0.1", 0))
        assert os.fstat(raw.fileno()).st_ino in {row.inode for row in found}
        other = portless.raws("/proc/self/ns/net", key_from(47, "127.0.0.1", 0, "127.0.0.1", 0))
        assert os.fstat(raw.fileno()).st_ino not in {row.inode for row in other}


def test_a_ping_socket_is_found_for_what_it_asks() -> None:
    try:
        ping = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    except PermissionError:
        pytest.skip("net.ipv4.ping_group_range does not let this group open ping sockets")
    with ping:
        ping.bind(("127.0.0.1", 0))
        ping.connect(("127.0.0.1", 0))
        inode = os.fstat(ping.fileno()).st_ino

        def found(kind: int, there: str) -> bool:
            key = key_from(1, "127.0.0.1", kind, there, 0)
            return inode in {row.inode for row in portless.pings("/proc/self/ns/net", key)}

        assert found(8, "127.0.0.1")
        assert not found(8, "127.0.0.2"), "it is connected elsewhere"
        assert not found(0, "127.0.0.1"), "it never answers"


def test_a_namespace_without_a_process_has_no_table() -> None:
    assert portless.raws("/run/netns/x", key_from(1, "127.0.0.1", 0, "127.0.0.1", 0)) == []
    assert portless.pings("/run/netns/x", key_from(6, "127.0.0.1", 0, "127.0.0.1", 0)) == []
