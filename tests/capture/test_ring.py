from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec import structs

from procwire.capture.arphrd_names import LINKTYPE_LINUX_SLL2
from procwire.capture.interfaces import LinkState, interfaces
from procwire.capture.opening import open_ring
from procwire.capture.packet_filter import compile_filter, keep_all
from procwire.capture.ring import Ring
from procwire.capture.source import CaptureError
from procwire.model.frames import FOREIGN, INBOUND, OUTBOUND
from tests.lab import Host, pair, why_not

IPV4_UDP = bytes.fromhex("4500003000000000401100000102030405060708003500350010") + bytes(20)
pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]


def link_of(name: str) -> LinkState:
    return next(link for link in interfaces() if link.name == name)


def drain(ring: Ring, count: int, seconds: float = 3.0) -> Iterator[tuple[bytes, int, int, int]]:
    """(frame, wire, flags, time) until ``count`` frames are there or the time is up."""
    end = time.monotonic() + seconds
    while count > 0 and time.monotonic() < end:
        batch = ring.take(0.1)
        if batch is None:
            continue
        rows = range(batch.count)
        seen = [(batch.frame(row), batch.wire[row], batch.flags[row], batch.time[row]) for row in rows]
        ring.release(batch)
        count -= len(seen)
        yield from seen


def send(host: Host, target: str, sizes: Iterator[int] | list[int], port: int = 9999) -> None:
    with host.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for size in sizes:
            sender.sendto(b"x" * size, (target, port))


def shout(*frames: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("eth0", 0))
        for frame in frames:
            raw.send(frame)


def capture(host: Host, name: str, work: Callable[[Ring], None], **options: Any) -> None:
    """Run ``work`` with a ring, on a thread that is in the host's namespace."""

    def inside() -> None:
        with Ring(link_of(name), **options) as ring:
            work(ring)

    host.inside(inside)


def test_loopback_once() -> None:
    with pair() as (_, left, _right):

        def work(ring: Ring) -> None:
            ring.start(compile_filter("udp port 9999"))
            send(left, "127.0.0.1", [100] * 20)
            seen = list(drain(ring, 21, 0.5))
            assert [wire for _, wire, _, _ in seen] == [142] * 20
            assert {flags for _, _, flags, _ in seen} == {INBOUND | OUTBOUND}

        capture(left, "lo", work)


def test_nothing_enters_before_start() -> None:
    with pair() as (_, left, _right):

        def work(ring: Ring) -> None:
            send(left, "127.0.0.1", [10] * 50, 7777)
            ring.start(compile_filter("udp"))
            send(left, "127.0.0.1", [20] * 3, 8888)
            seen = list(drain(ring, 10, 0.4))
            assert len(seen) == 3
            assert ring.drops().seen == 3

        capture(left, "lo", work)


def test_snaplen_time_direction_and_ipv6() -> None:
    with pair() as (_, left, right):

        def work(ring: Ring) -> None:
            ring.start(compile_filter("udp port 9999", snaplen=60))
            before = time.time_ns()
            send(right, "10.77.0.1", [500] * 5)
            send(left, "fd77:0::2", [500] * 5)
            seen = list(drain(ring, 10))
            after = time.time_ns()
            assert [len(frame) for frame, *_ in seen] == [60] * 10
            assert [wire for _, wire, _, _ in seen] == [542] * 5 + [562] * 5
            assert [flags for _, _, flags, _ in seen] == [INBOUND] * 5 + [OUTBOUND] * 5
            times = [stamp for *_, stamp in seen]
            assert times == sorted(times)
            assert before <= times[0] <= times[-1] <= after

        capture(left, "eth0", work)


def test_frames_for_others_need_promiscuous_mode() -> None:
    stranger = bytes.fromhex("02aaaaaaaaaa02bbbbbbbbbb88b5") + bytes(50)
    with pair() as (_, left, right):

        def work(ring: Ring) -> None:
            assert link_of("eth0").promiscuous
            ring.start(compile_filter("ether proto 0x88b5"))
            right.inside(lambda: shout(stranger))
            assert [flags for _, _, flags, _ in drain(ring, 1)] == [FOREIGN]

        capture(left, "eth0", work, opener=lambda wish: open_ring(structs.replace(wish, promiscuous=True)))
        assert not left.inside(lambda: link_of("eth0")).promiscuous


def test_a_vlan_tag_is_seen_and_can_be_filtered() -> None:
    # Made by hand: the kernel takes the tag out of what arrives, with or without VLAN devices.
    plain = bytes.fromhex("ffffffffffff02bbbbbbbbbb") + bytes.fromhex("0800") + IPV4_UDP
    tagged = plain[:12] + bytes.fromhex("81006007") + plain[12:]
    with pair() as (_, left, right):

        def work(ring: Ring) -> None:
            ring.start(compile_filter("vlan 7 and udp port 53", device="eth0"))
            right.inside(lambda: shout(plain, tagged, plain, tagged))
            batch = ring.take(2)
            assert batch is not None
            assert batch.frame(0) == plain
            assert list(batch.vlan[: batch.count]) == [0x81006007] * 2
            assert list(batch.wire[: batch.count]) == [len(tagged)] * 2
            ring.release(batch)

        capture(left, "eth0", work)


def test_a_stalled_reader_loses_frames_and_says_how_many() -> None:
    with pair() as (_, left, right):

        def work(ring: Ring) -> None:
            ring.start(compile_filter("udp port 9999"))
            send(right, "10.77.0.1", [1000] * 3000)
            received = len(list(drain(ring, 3000, 0.6)))
            drops = ring.drops()
            assert drops.dropped > 0
            assert drops.freezes > 0
            assert received + drops.dropped == drops.seen == 3000
            assert ring.torn == 0
            assert ring.drops().dropped == drops.dropped

        capture(left, "eth0", work, ring_bytes=1, block_bytes=65536)


def test_blocks_go_round_and_stay_ours_until_released() -> None:
    with pair() as (_, left, right):

        def work(ring: Ring) -> None:
            ring.start(compile_filter("udp port 9999"))
            numbers = itertools.count()
            sent = 0
            seen: list[int] = []
            with right.socket(kind=socket.SOCK_DGRAM) as sender:
                for _ in range(12):
                    for _ in range(100):
                        sender.sendto(next(numbers).to_bytes(4, "big") * 200, ("10.77.0.1", 9999))
                        sent += 1
                    seen += [
                        int.from_bytes(frame[42:46], "big") for frame, *_ in drain(ring, sent - len(seen))
                    ]
            assert seen == list(range(sent))
            assert ring.drops().dropped == 0
            sender = right.socket(kind=socket.SOCK_DGRAM)
            sender.sendto(b"first" * 20, ("10.77.0.1", 9999))
            held = ring.take(2)
            assert held is not None
            for _ in range(2000):
                sender.sendto(b"later" * 200, ("10.77.0.1", 9999))
            sender.close()
            assert held.frame(0)[42:47] == b"first"
            ring.release(held)

        capture(left, "eth0", work, ring_bytes=4 * 65536, block_bytes=65536)


def test_super_packets_are_measured() -> None:
    with pair() as (_, left, right):
        data = b"z" * 3_000_000

        def work(ring: Ring) -> None:
            ring.start(compile_filter("src 10.77.0.1 and tcp", snaplen=100))
            before = link_of("eth0").counters
            with right.socket() as server, left.socket() as client:
                server.bind(("10.77.0.2", 5001))
                server.listen()
                client.connect(("10.77.0.2", 5001))
                accepted, _ = server.accept()
                client.settimeout(60)
                client.setblocking(False)
                left_over = memoryview(data)
                received = 0
                while received < len(data):
                    with contextlib.suppress(BlockingIOError):
                        left_over = left_over[client.send(left_over) :]
                    received += len(accepted.recv(1 << 20))
                accepted.close()
            wire = frames = segments = payload = 0
            while (batch := ring.take(0.2)) is not None:
                for row in range(batch.count):
                    frame = batch.frame(row)
                    size = batch.wire[row] - 34 - (frame[46] >> 4) * 4
                    wire += batch.wire[row]
                    frames += 1
                    segments += batch.segments[row]
                    payload += size
                    assert batch.segments[row] == max(1, -(-size // 1448))
                ring.release(batch)
            after = link_of("eth0").counters
            # Bytes that were sent twice are seen twice.
            assert len(data) <= payload < len(data) * 1.1
            assert frames < segments
            assert segments >= len(data) // 1448
            # Other traffic (ARP, neighbour discovery) is a few frames at most.
            assert 0 <= after.tx_bytes - before.tx_bytes - wire < 2000

        capture(left, "eth0", work)


def test_a_cooked_interface() -> None:
    packet = IPV4_UDP[:9] + b"\x11" + IPV4_UDP[10:]

    def make() -> int:
        tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"ppp7", 0x1001))  # TUNSETIFF: tun, no header
        fcntl.ioctl(tun, 0x400454CD, 512)  # TUNSETLINK: ARPHRD_PPP
        return tun

    with pair() as (_, left, _right):
        tun = left.inside(make)
        left.run("ip", "link", "set", "ppp7", "up")

        def work(ring: Ring) -> None:
            assert ring.link.linktype == LINKTYPE_LINUX_SLL2
            ring.start(compile_filter("ip and udp port 53", LINKTYPE_LINUX_SLL2, snaplen=200))
            os.write(tun, packet.replace(b"\x00\x35", b"\x00\x36"))
            os.write(tun, packet)
            frame, wire, flags, _ = next(drain(ring, 1))
            assert frame[:4] == b"\x08\x00\0\0"
            assert frame[4:8] == ring.link.index.to_bytes(4, "big")
            assert frame[8:10] == (512).to_bytes(2, "big")
            assert frame[20:] == packet
            assert (wire, flags) == (20 + len(packet), INBOUND)
            assert ring.drops().seen == 1

        capture(left, "ppp7", work)
        os.close(tun)


def test_fanout_keeps_a_flow_on_one_ring() -> None:
    with pair() as (_, left, right):

        def work() -> None:
            rings = [Ring(link_of("eth0")) for _ in range(2)]
            group = rings[0].join()
            assert rings[1].join(group) == group
            for ring in rings:
                ring.start(compile_filter("udp and portrange 6000-6063"))
            for port in range(6000, 6064):
                send(right, "10.77.0.1", [10] * 3, port)
            seen = [[frame[36:38] for frame, *_ in drain(ring, 192, 0.4)] for ring in rings]
            for ring in rings:
                ring.close()
            assert sum(map(len, seen)) == 192
            assert all(len(one) % 3 == 0 and one for one in seen)
            assert not set(seen[0]) & set(seen[1])

        left.inside(work)


def test_an_interface_that_goes_down_says_so() -> None:
    with pair() as (_, left, right):

        def work(ring: Ring) -> None:
            ring.start(keep_all())
            left.run("ip", "link", "set", "eth0", "down")
            assert ring.fault() == 100  # ENETDOWN
            assert ring.fault() == 0
            left.run("ip", "link", "set", "eth0", "up")
            send(right, "10.77.0.1", [100])
            assert any(frame[42:] == b"x" * 100 for frame, *_ in drain(ring, 50, 2))

        capture(left, "eth0", work)


def test_errors_are_one_line() -> None:
    gone = LinkState(index=9999, name="nowhere0", linktype=1)
    with pytest.raises(CaptureError, match=r"^nowhere0: No such device$"):
        Ring(gone)


def test_closing_twice_and_with_a_batch_out() -> None:
    with pair() as (_, left, _right):

        def work(ring: Ring) -> None:
            ring.start(keep_all())
            send(left, "127.0.0.1", [100])
            batch = ring.take(2)
            assert batch is not None
            ring.close()
            ring.close()
            assert batch.frame(0)[42:] == b"x" * 100
            assert ring.drops().seen >= 1

        capture(left, "lo", work)
