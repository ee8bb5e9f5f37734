from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from procwire.processes import portless
from procwire.processes.keys import key_from
from tests.lab import pair, wait_for, why_not

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


def opened_for_all() -> socket.socket:
    """A ping socket where every group may have one: as the namespace that this runs in says from now on."""
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647", encoding="ascii")
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not() or "can")
def test_a_ping_socket_is_found_for_what_it_asks() -> None:
    with pair() as (_, host, _other), host.inside(opened_for_all) as ping:
        ping.bind(("127.0.0.1", 0))
        ping.connect(("127.0.0.1", 0))
        inode = os.fstat(ping.fileno()).st_ino
        namespace = f"/proc/{host.start('sleep', '600').pid}/ns/net"
        wait_for(lambda: Path(namespace).samefile(host.path))

        def found(kind: int, there: str) -> bool:
            key = key_from(1, "127.0.0.1", kind, there, 0)
            return inode in {row.inode for row in portless.pings(namespace, key)}

        assert found(8, "127.0.0.1")
        assert not found(8, "127.0.0.2"), "it is connected elsewhere"
        assert not found(0, "127.0.0.1"), "it never answers"


def test_a_namespace_without_a_process_has_no_table() -> None:
    assert portless.raws("/run/netns/x", key_from(1, "127.0.0.1", 0, "127.0.0.1", 0)) == []
    assert portless.pings("/run/netns/x", key_from(6, "127.0.0.1", 0, "127.0.0.1", 0)) == []
