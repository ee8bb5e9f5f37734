from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from procwire.accounting.programs import RING_BYTES, Programs
from procwire.bpf.accounts import Settings
from procwire.capture.source import CaptureError
from procwire.capture.tap import KEPT_BATCHES, Tap
from procwire.model.frames import COUNTED, FrameBatch
from procwire.processes.kernel import namespace_cookie
from tests.bpf.kernel import need_bpf

pytestmark = pytest.mark.kernel
MARK = b"only this test says so: "


@pytest.fixture(name="programs")
def loaded_programs() -> Programs:
    need_bpf()
    made = Programs(Settings(namespace_cookie(), 1 << 20, 3, 4096, 8 << 20), tap=False)
    made.attach()
    made.place(1, 14, loopback=True)
    return made


def say(count: int) -> None:
    """Datagrams over loopback to a socket of one's own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(count):
                sender.sendto(MARK + b"%d" % number, receiver.getsockname())
                receiver.recv(99)


def said(batch: FrameBatch) -> list[int]:
    """The numbers in this test's datagrams."""
    frames = [batch.frame(row) for row in range(batch.count)]
    return [int(frame.partition(MARK)[2]) for frame in frames if MARK in frame]


def test_a_clock_that_is_set_is_noticed_until_it_is_compared_anew(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour, real = 3600 * 1_000_000_000, time.time_ns
    with Tap(programs.ring, RING_BYTES) as tap:
        before = tap.synchronise()
        assert not tap.stepped(hour // 2)
        monkeypatch.setattr(time, "time_ns", lambda: real() - hour)
        assert tap.stepped(hour // 2)
        assert abs(before - hour - tap.synchronise()) < hour // 2
        assert not tap.stepped(hour // 2)


def test_packets_come_once_in_order_with_their_time(programs: Programs) -> None:
    with Tap(programs.ring, RING_BYTES) as tap:
        tap.place(1, 5, head=14, loopback=True)
        before = time.time_ns()
        say(50)
        heard: list[int] = []
        while batch := tap.take():
            for row in range(batch.count):
                if MARK in batch.frame(row):
                    assert before - 1_000_000 <= batch.time[row] <= time.time_ns() + 1_000_000
                    assert batch.flags[row] & COUNTED
                    assert batch.interface[row] == 5
            heard += said(batch)
            assert tap.release(batch)
        assert heard == list(range(50))
        assert tap.torn == 0
    programs.close()


def test_more_than_the_ring_holds_goes_through_it_when_it_is_released(programs: Programs) -> None:
    with Tap(programs.ring, RING_BYTES) as tap:
        rounds, heard = 60, 0
        for _ in range(rounds):
            say(1000)
            while batch := tap.take():
                heard += len(said(batch))
        assert heard == 1000 * rounds  # each of 128 bytes and more
        assert programs.counts()["no-room"] == 0
    programs.close()


def test_a_batch_stays_valid_until_two_more_were_taken(programs: Programs) -> None:
    with Tap(programs.ring, RING_BYTES) as tap:
        kept = []
        for _ in range(KEPT_BATCHES):
            say(3)
            batch = tap.take()
            assert batch is not None
            kept.append(batch)
        assert len(said(kept[0])) == 3
        say(3)
        assert tap.take() is not None
        assert not tap.release(kept[0])
    programs.close()


def test_a_wait_ends_when_there_is_something(programs: Programs) -> None:
    with Tap(programs.ring, RING_BYTES) as tap:
        say(1)
        started = time.monotonic()
        tap.wait(5.0)
        assert time.monotonic() - started < 5.0
    programs.close()


def test_what_is_no_ring_is_an_error() -> None:
    with pytest.raises(CaptureError, match="ring buffer"):
        Tap(0, RING_BYTES)


def test_closing_twice_does_no_harm(programs: Programs) -> None:
    tap = Tap(programs.ring, RING_BYTES)
    tap.close()
    tap.close()
    assert tap.torn == 0
    programs.close()


def test_a_flow_that_begins_ends_the_wait(programs: Programs) -> None:
    with Tap(programs.ring, RING_BYTES) as tap:
        say(1)
        while batch := tap.take():
            tap.release(batch)
        time.sleep(0.01)  # longer than one flow's wake-up stands for those that follow
        later = threading.Timer(0.1, say, (1,))
        later.start()
        started = time.monotonic()
        tap.wait(30.0)
        assert time.monotonic() - started < 30.0
        later.join()
    programs.close()


def test_a_wait_ends_when_another_descriptor_is_readable(programs: Programs) -> None:
    other = os.eventfd(1)
    with Tap(programs.ring, RING_BYTES) as tap:
        tap.listen(other)
        started = time.monotonic()
        tap.wait(30.0)
        assert time.monotonic() - started < 30.0
    os.close(other)
    programs.close()
