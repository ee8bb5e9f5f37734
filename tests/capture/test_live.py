from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import pytest

from procwire.capture.live import LiveSource
from procwire.model.frames import FrameBatch
from tests.lab import Host, Lab, pair, wait_for, why_not

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]

T = TypeVar("T")
FLOOD = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range({count}):
    s.sendto(n.to_bytes(4, "big") * ({size} // 4), ("{target}", 9999))
"""


class Reader:
    """Reads a source until it has been quiet for a while; keeps what a test asks about."""

    def __init__(self, source: LiveSource) -> None:
        self.source = source
        self.names: Counter[str] = Counter()
        self.wire: Counter[str] = Counter()
        self.numbers: list[int] = []
        self.times: list[int] = []

    def see(self, batch: FrameBatch) -> None:
        self.numbers.append(batch.first)
        for row in range(batch.count):
            interface = self.source.interfaces[batch.interface[row]]
            self.names[interface.name] += 1
            self.wire[interface.name] += batch.wire[row]
            self.times.append(batch.time[row])

    def drain(self, quiet: float = 0.3) -> Reader:
        while (batch := self.source.poll(quiet)) is not None:
            self.see(batch)
        return self


def send(host: Host, target: str, count: int, size: int = 100) -> None:
    with host.socket(kind=socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(b"x" * size, (target, 9999))


def capturing(host: Host, work: Callable[[LiveSource], T], *names: str, **options: object) -> T:
    """Run ``work`` with a source in the host's namespace; no names means all interfaces."""

    def inside() -> T:
        with LiveSource(names or None, **options) as source:  # type: ignore[arg-type]
            return work(source)

    return host.inside(inside)


def test_a_flood_is_counted_as_nftables_counts_it() -> None:
    with pair() as (_, left, right):
        right.run("nft", "add table inet t; add counter inet t c")
        right.run("nft", "add chain inet t i { type filter hook input priority 0; }")
        right.run("nft", "add rule inet t i udp dport 9999 counter name c accept")

        def work(source: LiveSource) -> Reader:
            reader = Reader(source)
            program = left.start("python3", "-c", FLOOD.format(count=20000, size=200, target="10.77.0.2"))
            while program.poll() is None:
                if batch := source.poll(0.05):
                    reader.see(batch)
            return reader.drain()

        reader = capturing(right, work, "eth0", filter="udp port 9999")
        counted = right.run("nft", "list counter inet t c").split("packets ")[1].split()
        assert (int(counted[0]), int(counted[2])) == (20000, 20000 * 228)
        dropped = reader.source.drops()["eth0"]
        assert reader.names["eth0"] + dropped == 20000
        assert reader.wire["eth0"] == reader.names["eth0"] * 242
        assert dropped == 0
        assert reader.times == sorted(reader.times)
        assert reader.source.counts.frames == 20000
        assert reader.source.counts.bytes == 20000 * 242


def test_row_numbers_go_on_from_batch_to_batch() -> None:
    with pair() as (_, left, _right):

        def work(source: LiveSource) -> list[int]:
            reader = Reader(source)
            for _ in range(3):
                send(left, "127.0.0.1", 5)
                reader.drain(0.2)
            return reader.numbers

        assert capturing(left, work, "lo", filter="udp port 9999") == [1, 6, 11]


def test_all_interfaces_each_tell_their_own() -> None:
    with Lab() as lab:
        left, middle, right = lab.host("a"), lab.host("m"), lab.host("b")
        lab.wire(left, middle, net=1, name="west")
        lab.wire(middle, right, net=2, name="east")
        middle.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        left.run("ip", "route", "add", "default", "via", "10.77.1.2")

        def work(source: LiveSource) -> Reader:
            send(left, "10.77.2.2", 10)
            send(middle, "127.0.0.1", 10)
            return Reader(source).drain()

        reader = capturing(middle, work, filter="udp port 9999")
        assert reader.names == {"west": 10, "east": 10, "lo": 10}
        assert [one.index for one in reader.source.interfaces] == [0, 1, 2, 3]


def test_interfaces_join_leave_and_keep_their_number() -> None:
    with Lab() as lab:
        left, right = lab.host("a"), lab.host("b")

        def work(source: LiveSource) -> Reader:
            reader = Reader(source)
            for _ in range(2):
                lab.wire(left, right, name="late")
                source.poll(0)
                until = time.monotonic() + 3
                while "late" not in source.listening:
                    assert time.monotonic() < until
                    source.poll(0.05)
                send(right, "10.77.0.1", 7)
                wait_for(lambda: left.run("ip", "-s", "link", "show", "late"), what="the link")
                left.run("ip", "link", "del", "late")
                reader.drain(0.4)
            assert source.listening == ["lo"]
            return reader

        reader = capturing(left, work, filter="udp port 9999")
        assert reader.names == {"late": 14}
        assert [one.name for one in reader.source.interfaces] == ["", "lo", "late"]
        assert reader.source.downs["late"] >= 1
        assert reader.source.drops()["late"] == 0


def test_a_renamed_interface_counts_under_its_new_name() -> None:
    with pair() as (_, left, right):

        def work(source: LiveSource) -> Reader:
            reader = Reader(source)
            send(right, "10.77.0.1", 3)
            reader.drain()
            left.run("ip", "link", "set", "eth0", "down")
            left.run("ip", "link", "set", "eth0", "name", "wan0")
            left.run("ip", "link", "set", "wan0", "up")
            reader.drain(0.2)
            send(right, "10.77.0.1", 4)
            return reader.drain()

        reader = capturing(left, work, "eth0", filter="udp port 9999")
        assert reader.names == {"eth0": 3, "wan0": 4}


def test_stop_is_fast_from_a_thread_and_ends_batches() -> None:
    with pair() as (_, left, _right):

        def work(source: LiveSource) -> tuple[float, float]:
            told = threading.Event()
            at: list[float] = []

            def later() -> None:
                told.wait(60)
                at.append(time.monotonic())
                source.stop()

            thread = threading.Thread(target=later)
            thread.start()
            empty = 0
            for batch in source.batches(0.02):
                empty += batch.count == 0
                if empty == 2:
                    told.set()
            ended = time.monotonic()
            thread.join()
            assert source.poll(10) is None
            return at[0], ended

        at, ended = capturing(left, work, "lo", filter="udp port 1")
        assert ended - at < 0.1


def test_frames_that_had_come_are_handed_on_after_stop() -> None:
    with pair() as (_, left, right):

        def work(source: LiveSource) -> int:
            send(right, "10.77.0.1", 300)
            source.stop()
            return sum(batch.count for batch in source.batches())

        assert capturing(left, work, "eth0", filter="udp port 9999") == 300


def test_a_second_stop_ends_at_once() -> None:
    with pair() as (_, left, right):

        def work(source: LiveSource) -> list[FrameBatch]:
            send(right, "10.77.0.1", 3)
            source.stop()
            source.stop()
            return list(source.batches())

        assert capturing(left, work, "eth0") == []


def test_a_quiet_source_does_not_spin() -> None:
    with pair() as (_, left, _right):

        def work(source: LiveSource) -> float:
            send(left, "127.0.0.1", 3)
            assert source.poll(1) is not None
            before = time.thread_time()
            assert source.poll(0.5) is None
            return time.thread_time() - before

        assert capturing(left, work, "lo", filter="udp port 9999") < 0.1


def test_a_batch_stays_valid_until_two_more_are_taken() -> None:
    with pair() as (_, left, right):

        def work(source: LiveSource) -> tuple[bytes, bytes]:
            send(right, "10.77.0.1", 1, 40)
            first = source.poll(1)
            assert first is not None
            before = first.frame(0)
            send(right, "10.77.0.1", 1, 50)
            assert source.poll(1) is not None
            send(right, "10.77.0.1", 500, 1400)
            return before, first.frame(0)

        before, after = capturing(left, work, "eth0", filter="udp port 9999", ring_bytes=1)
        assert before == after


def test_drops_are_told_by_interface() -> None:
    with pair() as (_, left, right):

        def work(source: LiveSource) -> Reader:
            send(right, "10.77.0.1", 4000, 1000)
            return Reader(source).drain()

        reader = capturing(left, work, "eth0", filter="udp port 9999", ring_bytes=1)
        dropped = reader.source.drops()
        assert dropped["eth0"] > 0
        assert reader.names["eth0"] + dropped["eth0"] == 4000
        assert reader.source.counts.dropped == dropped["eth0"]


def test_fanout_loses_and_doubles_nothing() -> None:
    with pair() as (_, left, right):

        def work(source: LiveSource) -> Reader:
            for _ in range(20):
                send(right, "10.77.0.1", 10)
            return Reader(source).drain()

        assert capturing(left, work, "eth0", filter="udp port 9999", fanout=3).names == {"eth0": 200}
