"""What the figures of the hooks' price are made of, and that measuring changes no setting of the machine."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from bench import hooks, plain
from bench.hooks import Cost

from procwire.bpf import cgroup
from tests.bpf import kernel
from tests.bpf.kernel import need_bpf
from tests.lab import wait_for

SO_COOKIE = 57  # asm-generic/socket.h
SETTING = Path("/proc/sys/kernel/bpf_stats_enabled")
ROOT = Path(__file__).parents[2]
MEASURE = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is begun without
from bench import hooks
from procwire.bpf import cgroup
with hooks.measured(), hooks.idle(cgroup.root()):
    print("measuring", flush=True)
    while True:  # a signal just before one long wait would not end it
        time.sleep(0.05)
"""


def test_only_what_ran_in_between_counts_and_the_timing_is_taken_off() -> None:
    before = {"empty_in": Cost(10, 100), "tap": Cost(5, 900), "quiet": Cost(3, 3)}
    after = {"empty_in": Cost(20, 700), "tap": Cost(15, 3400), "quiet": Cost(3, 3), "rare": Cost(1, 1)}
    spent = hooks.between(before, after)
    assert spent == {"empty_in": Cost(10, 600), "tap": Cost(10, 2500), "rare": Cost(1, 1)}
    timing, tap = hooks.table(spent, {}, least=5)
    assert timing.split()[-2:] == ["60", "ns"]
    assert tap.split() == ["tap", "250", "ns,", "190", "without", "it", "10", "runs"]
    assert hooks.table({}, {}, least=1) == [f"  {'the timing itself':<18} {0:7.0f} ns"]


def test_each_program_is_told_in_terms_of_the_counter_of_its_direction() -> None:
    spent = {"account_in": Cost(10, 2000), "account_out": Cost(10, 2000), "tap": Cost(10, 1000)}
    counter = {"plain_in": Cost(10, 1000), "plain_out": Cost(10, 4000)}
    told = [line.split("it, ")[1].split()[0:6] for line in hooks.table(spent, counter, least=5)[1:]]
    assert told == [
        ["2.00", "times", "the", "counter's", "100:", "144"],
        ["0.50", "times", "the", "counter's", "400:", "52"],
        ["1.00", "times", "the", "counter's", "100:", "72"],
    ]
    seldom = {"plain_in": Cost(4, 1000), "plain_out": Cost(4, 1000)}
    assert not any("counter" in line for line in hooks.table(spent, seldom, least=5))


@pytest.mark.kernel
def test_the_plain_counter_counts_each_socket_s_packets_and_bytes() -> None:
    need_bpf()
    with plain.counting(cgroup.root()) as table, hooks.measured():
        with socket.socket(type=socket.SOCK_DGRAM) as taker, socket.socket(type=socket.SOCK_DGRAM) as giver:
            taker.bind(("127.0.0.1", 0))
            giver.connect(taker.getsockname())
            for _ in range(5):
                giver.send(bytes(10))
            counted = [_counted(table, each) for each in (giver, taker)]
        assert set(plain.NAMES) <= set(hooks.totals(os.getpid()))
    assert counted == [(5, 5 * (20 + 8 + 10))] * 2


def _counted(table: int, of: socket.socket) -> tuple[int, int]:
    """Packets and bytes of a socket by its cookie (BPF_MAP_LOOKUP_ELEM)."""
    key = ctypes.create_string_buffer(of.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8), 8)
    value = ctypes.create_string_buffer(16)
    hooks.bpf(1, struct.pack("=IIQQQ", table, 0, ctypes.addressof(key), ctypes.addressof(value), 0))
    packets, size = struct.unpack("=QQ", value.raw)
    return packets, size


@pytest.mark.kernel
def test_a_program_that_does_nothing_is_timed_only_meanwhile() -> None:
    need_bpf()
    setting = SETTING.read_text(encoding="ascii")
    with hooks.idle(cgroup.root()):
        with hooks.measured():
            _talk()
            during = hooks.totals(os.getpid())
        assert set(hooks.EMPTY) <= set(during)
        assert all(during[name].total_ns > 0 for name in hooks.EMPTY)
        assert SETTING.read_text(encoding="ascii") == setting
    assert not set(hooks.EMPTY) & set(hooks.totals(os.getpid()))


@pytest.mark.kernel
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_by_whatever_end(end: signal.Signals) -> None:
    need_bpf()
    setting = SETTING.read_text(encoding="ascii")
    with subprocess.Popen(
        [sys.executable, "-c", MEASURE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{kernel.SOURCE}:{ROOT}"},
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == b"measuring\n"
        programs, links = kernel.held(other.pid)
        assert len(programs) == len(links) == 2
        other.send_signal(end)
    wait_for(lambda: not programs & kernel.programs(), what="the unloading")
    assert not links & kernel.links()
    assert SETTING.read_text(encoding="ascii") == setting


def _talk() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        client.connect(listener.getsockname())
        client.send(b"x")
