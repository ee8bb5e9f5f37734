"""The policy: what stays, and what never does."""

from __future__ import annotations

import errno
import os

import pytest

from procwire.sandbox import allowed, syscalls
from procwire.sandbox.assembler import ALLOW, KILL, assemble, refusal
from procwire.sandbox.descriptors import Open
from tests.sandbox.test_assembler import DENIED, run

PID = 4242
NUMBERS = syscalls.numbers("x86_64")
PROGRAM = assemble(allowed.computing(PID), NUMBERS, "x86_64", default=DENIED)
WITH_FOLDERS = assemble(allowed.computing(PID, folders=True), NUMBERS, "x86_64", default=DENIED)

_NEVER = (
    "socket connect bind listen accept4 sendto sendmsg socketpair execve execveat fork vfork setuid "
    "capset seccomp landlock_restrict_self memfd_create chmod fchmod mknodat linkat symlinkat truncate "
    "pidfd_open pidfd_send_signal shmget mq_open setrlimit setpriority sched_setscheduler tkill chown "
    "inotify_init1 fanotify_init syslog personality splice unlinkat renameat2 mkdirat"
)
NEVER = _NEVER.split()


def answer(name: str, *arguments: int, program: bytes = PROGRAM) -> int:
    return run(program, NUMBERS[name], *arguments)


@pytest.mark.parametrize("name", NEVER)
def test_it_is_refused_whatever_its_arguments(name: str) -> None:
    for arguments in ((0,) * 6, (2**64 - 1,) * 6, (PID,) * 6):
        assert answer(name, *arguments) == DENIED


@pytest.mark.parametrize("name", allowed.FATAL)
def test_it_ends_the_process(name: str) -> None:
    assert answer(name) == KILL


def test_every_name_is_known_on_some_machine() -> None:
    known = NUMBERS.keys() | syscalls.numbers("aarch64").keys()
    assert {rule.name for rule in allowed.computing(PID, folders=True)} <= known


def test_threads_and_no_processes() -> None:
    assert answer("clone", 0x3D0F00) == ALLOW  # what glibc makes a thread with
    assert answer("clone", 17) == DENIED  # fork
    assert answer("clone3") == refusal(errno.ENOSYS)


def test_no_memory_is_written_and_executed() -> None:
    assert answer("mmap", 0, 4096, 3) == ALLOW
    assert answer("mmap", 0, 4096, 5) == ALLOW  # a shared object
    assert answer("mmap", 0, 4096, 7) == DENIED
    assert answer("mprotect", 0, 4096, 1) == ALLOW
    assert answer("mprotect", 0, 4096, 5) == DENIED


def test_signals_to_itself_alone() -> None:
    assert answer("tgkill", PID, 1, 6) == ALLOW
    assert answer("tgkill", PID + 1, 1, 6) == DENIED
    assert answer("kill", -1 & 0xFFFFFFFFFFFFFFFF, 9) == DENIED


def test_limits_are_asked_and_not_set() -> None:
    assert answer("prlimit64", 0, 7, 0, 0x7FFF) == ALLOW
    assert answer("prlimit64", 0, 7, 0x7FFF00000000) == DENIED


def test_terminals_are_looked_at_and_not_typed_at() -> None:
    assert answer("ioctl", 1, 0x5401) == ALLOW
    assert answer("ioctl", 1, 0x5413) == ALLOW
    assert answer("ioctl", 1, 0x5412) == DENIED  # TIOCSTI
    assert answer("ioctl", 1, 0x541C) == DENIED  # TIOCLINUX


def test_folders_only_for_who_has_some() -> None:
    assert answer("unlinkat") == DENIED
    assert answer("unlinkat", program=WITH_FOLDERS) == ALLOW
    assert os.getpid() != PID


HELD = Open((1, 2, 9), (5,), (7,))
ENGINE = assemble(allowed.watching(PID, HELD), NUMBERS, "x86_64", default=DENIED)
WARDEN = assemble(allowed.guarding(PID), NUMBERS, "x86_64", default=DENIED)


@pytest.mark.parametrize("name", ["write", "writev"])
def test_an_engine_writes_where_no_packet_is_sent(name: str) -> None:
    assert [answer(name, fd, program=ENGINE) == ALLOW for fd in (1, 9, 5, 7, 12)] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("name", ["sendto", "sendmsg"])
def test_an_engine_speaks_to_its_warden_and_the_kernel(name: str) -> None:
    assert [answer(name, fd, program=ENGINE) == ALLOW for fd in (5, 1, 7, 12)] == [True, False, False, False]


@pytest.mark.parametrize("program", [ENGINE, WARDEN])
def test_a_thread_sets_its_own_niceness_and_nobody_elses(program: bytes) -> None:
    assert answer("setpriority", os.PRIO_PROCESS, 0, 10, program=program) == ALLOW
    assert answer("setpriority", os.PRIO_PROCESS, PID, 10, program=program) == DENIED
    assert answer("setpriority", os.PRIO_USER, 0, 10, program=program) == DENIED


def test_nothing_is_laid_over_what_an_engine_may_write_to() -> None:
    for fd in (1, 2, 5, 9):
        assert answer("close", fd, program=ENGINE) == refusal(0)  # it believes so, and it is not done
    assert answer("close", 7, program=ENGINE) == ALLOW
    for name in (
        "dup2",
        "dup3",
        "close_range",
        "pwritev2",
        "sendmmsg",
        "sendfile",
        "splice",
        "bind",
        "connect",
    ):
        assert answer(name, 7, 1, program=ENGINE) == DENIED


def test_an_engine_reads_maps_and_makes_nothing_of_the_kernels() -> None:
    for command in (1, 2, 3, 21, 24):  # look up, set, take out, both at once, many
        assert answer("bpf", command, program=ENGINE) == ALLOW
    for command in (
        0,
        5,
        6,
        7,
        8,
        9,
        13,
        14,
        28,
        29,
        30,
    ):  # create, load, pin, get, attach, detach, by id, link
        assert answer("bpf", command, program=ENGINE) == KILL
    assert answer("setsockopt", 7, 1, 26, program=ENGINE) == ALLOW
    assert answer("setsockopt", 7, 263, 1, program=ENGINE) == DENIED  # membership: promiscuous


def test_a_warden_opens_nothing_to_write_to_and_starts_nothing() -> None:
    assert answer("openat", 0, 0, 0o2000000, program=WARDEN) == ALLOW  # O_CLOEXEC
    for flags in (1, 2, 0o100, 0o1000, 0o2000):
        assert answer("openat", 0, 0, flags, program=WARDEN) == DENIED
    assert answer("openat2", program=WARDEN) == DENIED
    for name in (
        "execve",
        "fork",
        "setresuid",
        "unlinkat",
        "renameat2",
        "ptrace",
        "mount",
        "init_module",
        "kexec_load",
    ):
        assert answer(name, program=WARDEN) in (DENIED, KILL)
    assert answer("setns", program=WARDEN) == ALLOW
