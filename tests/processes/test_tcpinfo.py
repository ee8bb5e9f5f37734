from __future__ import annotations

import socket
import struct

import pytest

from procwire.processes import tcpinfo

FULL = struct.pack(
    "=8B24I4Q2I4I4Q2I2Q",
    *range(8), *range(100, 124), 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
)  # fmt: skip


def test_every_field_is_where_the_kernel_has_it() -> None:
    found = tcpinfo.facts(FULL)
    assert (found.rto, found.mss_out, found.mss_in) == (100_000, 102, 103)
    assert (found.unacked, found.lost, found.retransmitting) == (104, 106, 107)
    assert (found.idle_out, found.idle_in) == (109_000_000, 111_000_000)
    assert (found.path_mtu, found.rtt, found.rtt_variance) == (113, 115_000, 116_000)
    assert (found.slow_start_threshold, found.congestion_window, found.reordering) == (117, 118, 120)
    assert (found.rtt_receive, found.retransmissions) == (121_000, 123)
    assert (found.pacing_rate, found.bytes_acked, found.bytes_received) == (7, 9, 10)
    assert (found.segments_out, found.segments_in) == (11, 12)
    assert (found.not_sent, found.rtt_least) == (13, 14_000)
    assert (found.delivery_rate, found.busy, found.window_limited, found.buffer_limited) == (
        17,
        18_000,
        19_000,
        20_000,
    )
    assert (found.delivered, found.bytes_sent, found.bytes_retransmitted) == (21, 23, 24)


@pytest.mark.parametrize(
    ("size", "unknown"),
    [
        (
            104,
            {
                "pacing_rate",
                "bytes_acked",
                "segments_out",
                "rtt_least",
                "delivery_rate",
                "delivered",
                "bytes_sent",
            },
        ),
        (136, {"segments_out", "rtt_least", "delivery_rate", "delivered", "bytes_sent"}),
        (144, {"rtt_least", "delivery_rate", "delivered", "bytes_sent"}),
        (160, {"delivery_rate", "delivered", "bytes_sent"}),
        (192, {"delivered", "bytes_sent"}),
        (200, {"bytes_sent"}),
        (216, set()),
    ],
)
def test_what_an_older_kernel_does_not_give_is_not_known(size: int, unknown: set[str]) -> None:
    found = tcpinfo.facts(FULL[:size])
    names = (
        "pacing_rate",
        "bytes_acked",
        "segments_out",
        "rtt_least",
        "delivery_rate",
        "delivered",
        "bytes_sent",
    )
    assert {name for name in names if getattr(found, name) is None} == unknown


def test_numbers_that_stand_for_none() -> None:
    endless = bytearray(FULL)
    struct.pack_into("=I", endless, 8 + 4 * 17, 0x7FFFFFFF)
    struct.pack_into("=Q", endless, 104, (1 << 64) - 1)
    struct.pack_into("=I", endless, 148, 0xFFFFFFFF)
    found = tcpinfo.facts(bytes(endless))
    assert (found.slow_start_threshold, found.pacing_rate, found.rtt_least) == (None, None, None)


def test_too_few_bytes() -> None:
    with pytest.raises(tcpinfo.TcpInfoError, match="103 bytes"):
        tcpinfo.facts(FULL[:103])


def test_a_real_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        with client, accepted:
            client.sendall(b"x" * 5000)
            while len(accepted.recv(8192, socket.MSG_PEEK)) < 5000:
                pass
            found = tcpinfo.facts(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256))
            other = tcpinfo.facts(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256))
    assert found.bytes_sent == 5000
    assert other.bytes_received == 5000
    assert found.path_mtu > 60000
    assert found.congestion_window > 0
