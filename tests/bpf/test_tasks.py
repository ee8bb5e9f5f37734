"""What the iterators write, against what the process knows of itself."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time

import pytest

from procwire.bpf import tasks
from procwire.bpf.loader import Object, read_object
from procwire.model.host import Task
from tests.bpf.kernel import need_bpf
from tests.lab import wait_for


def test_a_cut_row_is_left_out() -> None:
    row = struct.pack("=QQQQQQqQIIIIIIIIIIIIIIII16s", *range(24), b"curl\0")
    assert [task.pid for task in tasks.tasks(row + row[:-1])] == [10]
    assert next(tasks.tasks(row)).comm == b"curl".ljust(16, b"\0")
    assert list(tasks.tasks(b"")) == []
    assert [held.fd for held in tasks.holders(struct.pack("=QQIIHHI", *range(7)) + b"x")] == [3]


def test_a_row_that_says_the_same_again_is_the_same_task() -> None:
    def row(pid: int, runtime: int) -> bytes:
        return struct.pack("=6QqQ16I16s", 1, 2, runtime, *range(7), pid, *range(13), b"sh")

    tables = tasks.Tables()
    sleepers = []
    for now in range(4):  # one sleeps, one works, one is new each time
        data = row(1, 5) + row(2, now) + row(100 + now, 0)
        found = tables.read(data + b"cut")
        assert found == list(tasks.tasks(data))
        sleepers.append(found[0])
    assert sleepers[1] is sleepers[2] is sleepers[3]
    assert tables.read(b"") == []


def test_command_lines_of_any_length() -> None:
    data = struct.pack("=II", 7, 3) + b"ab\0" + struct.pack("=II", 8, 0) + struct.pack("=II", 9, 9) + b"cut"
    assert tasks.arguments(data) == {7: b"ab\0", 8: b"", 9: b"cut"}
    assert tasks.arguments(b"\1\0\0") == {}


@pytest.fixture(scope="module")
def iterators() -> Object:
    need_bpf()
    made = Object(read_object("iterators"))
    made.load()
    made.attach()
    return made


def ours(iterators: Object) -> Task:
    return next(task for task in tasks.tasks(iterators.iterate("processes")) if task.pid == os.getpid())


@pytest.mark.kernel
def test_our_own_row(iterators: Object) -> None:
    task = ours(iterators)
    status = os.stat("/proc/self/exe")  # noqa: PTH116
    assert (task.ppid, task.uid, task.euid) == (os.getppid(), os.getuid(), os.geteuid())
    assert (task.inode, task.links) == (status.st_ino, status.st_nlink)
    assert os.makedev(task.device >> 20, task.device & 0xFFFFF) == status.st_dev
    for kind, inode in (("net", task.netns), ("mnt", task.mntns), ("user", task.userns), ("pid", task.pidns)):
        assert os.stat(f"/proc/self/ns/{kind}").st_ino == inode  # noqa: PTH116
    assert task.ns_pid == os.getpid()
    assert task.executed > 0
    pages = task.resident * os.sysconf("SC_PAGE_SIZE")
    assert 1 << 20 < pages < 1 << 34


@pytest.mark.kernel
def test_the_time_of_every_thread_is_counted(iterators: Object) -> None:
    before, end = ours(iterators), threading.Event()

    def burn() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        end.wait(60)

    threads = [threading.Thread(target=burn) for _ in range(3)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    while ours(iterators).runtime - before.runtime < 150_000_000 and time.monotonic() < deadline:
        time.sleep(0.01)
    during = ours(iterators)
    end.set()
    for thread in threads:
        thread.join()
    assert during.threads == before.threads + 3
    # A joined thread is on its way out of the kernel.
    wait_for(lambda: ours(iterators).threads == before.threads, what="the threads' end")
    after = ours(iterators)
    assert 150_000_000 <= during.runtime - before.runtime <= after.runtime - before.runtime < 10_000_000_000


@pytest.mark.kernel
def test_our_command_line_and_our_sockets(iterators: Object) -> None:
    with open("/proc/self/cmdline", "rb") as file:  # noqa: PTH123
        assert tasks.arguments(iterators.iterate("arguments"))[os.getpid()] == file.read(4095)
    with socket.socket() as one, socket.socketpair()[0] as pair:
        held = {h.fd: h for h in tasks.holders(iterators.iterate("holders")) if h.pid == os.getpid()}
        assert held[one.fileno()].inode == os.fstat(one.fileno()).st_ino
        assert held[one.fileno()].cookie == struct.unpack("=Q", one.getsockopt(socket.SOL_SOCKET, 57, 8))[0]
        assert (held[one.fileno()].family, held[one.fileno()].protocol) == (socket.AF_INET, 6)
        assert (held[pair.fileno()].family, held[pair.fileno()].cookie) == (socket.AF_UNIX, 0)
        assert {h.kind for h in held.values()} == {tasks.SOCKET}
