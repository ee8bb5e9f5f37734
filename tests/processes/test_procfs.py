from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.processes import procfs


def stat_line(comm: bytes, state: bytes = b"S", flags: int = 0) -> bytes:
    return b"42 (%s) %s 7 1 1 0 -1 %d " % (comm, state, flags) + b"0 " * 12 + b"12345 " + b"0 " * 30


@pytest.mark.parametrize(
    ("comm", "shown"),
    [
        (b"bash", "bash"),
        (b"a) S 1 (b", "a) S 1 (b"),
        (b"((sd-pam))", "((sd-pam))"),
        (b"two\nlines", "two\\nlines"),
        (b"caf\xe9", "caf\\xe9"),
        (b"", ""),
    ],
)
def test_a_comm_may_hold_anything(comm: bytes, shown: str) -> None:
    found = procfs.parse_stat(stat_line(comm))
    assert found is not None
    assert (found.pid, found.name, found.ppid, found.start_ticks, found.kernel) == (
        42,
        shown,
        7,
        12345,
        False,
    )


def test_a_kernel_thread_is_told_by_its_flag() -> None:
    found = procfs.parse_stat(stat_line(b"kworker/0:1", b"I", 0x00200040 | 0x00200000))
    assert found is not None
    assert found.kernel


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_are_a_stat_line_or_none(raw: bytes) -> None:
    found = procfs.parse_stat(raw)
    assert found is None or found.name.isprintable()


def test_status_gives_the_effective_user_and_the_inner_pid() -> None:
    raw = b"Name:\tx\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t4711\t12\t1\n"
    assert procfs.parse_status(raw) == (1001, 1)
    assert procfs.parse_status(b"") == (-1, 0)


def test_our_own_start_is_before_now_and_after_the_machine_s() -> None:
    found = procfs.parse_stat(procfs.read("/proc/self/stat"))
    assert found is not None
    boot = procfs.boot_ns()
    assert boot < procfs.start_ns(boot, found.start_ticks) <= time.time_ns() + 20_000_000


def test_a_descriptor_leads_to_its_socket(tmp_path: Path) -> None:
    with socket.socket() as ours, (tmp_path / "file").open("w") as file:
        assert procfs.socket_inode(f"/proc/self/fd/{ours.fileno()}") == os.fstat(ours.fileno()).st_ino
        assert procfs.socket_inode(f"/proc/self/fd/{file.fileno()}") == 0
    assert procfs.socket_inode("/proc/self/fd/99999") == -1


def test_links_and_inodes_of_what_is_gone_are_empty() -> None:
    assert procfs.link("/proc/0/exe") == ""
    assert procfs.inode("/proc/0/ns/net") == 0
    assert procfs.inode("/proc/self/ns/net") > 0
    assert os.getpid() in procfs.pids()
    assert "stat" in procfs.names("/proc/self")


def test_lines_stay_lines() -> None:
    assert procfs.text_lines(b"0::/a\xff\n1:x:/b\x07\n") == "0::/a\\xff\n1:x:/b\\x07\n"
