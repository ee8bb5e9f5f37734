"""System calls by name: the numbers are the headers', and errors carry words."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from procwire.sandbox import syscalls
from procwire.sandbox.syscalls import SandboxError

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
# The generic header names these by macros of the word size.
GENERIC = {"newfstatat": 79, "fstat": 80}


@pytest.mark.parametrize("machine", syscalls.ARCHITECTURES)
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    found = dict(re.findall(r"#define\s+(?:__NR3264_|__NR_)(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    ours = syscalls.numbers(machine)
    assert len(ours) > 220
    for name, number in ours.items():
        if machine == "aarch64" and name in GENERIC:
            assert number == GENERIC[name]
            continue
        assert int(found[name]) == number, name


def test_every_number_is_used_once() -> None:
    for machine in syscalls.ARCHITECTURES:
        numbers = list(syscalls.numbers(machine).values())
        assert len(set(numbers)) == len(numbers)


def test_a_call_answers() -> None:
    assert syscalls.call("getpid") == os.getpid()


def test_a_refusal_says_what_was_refused() -> None:
    with pytest.raises(SandboxError, match="close: Bad file descriptor") as caught:
        syscalls.call("close", -1)
    assert caught.value.errno == errno.EBADF


def test_a_call_that_is_not_known_is_not_made() -> None:
    with pytest.raises(SandboxError, match="no number known") as caught:
        syscalls.call("no_such_call")
    assert caught.value.errno == errno.ENOSYS


def test_an_architecture_without_a_table_has_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "s390x")
    assert syscalls.architecture() == ""
    assert syscalls.numbers("") == {}


def test_prctl_is_given_all_its_arguments() -> None:
    assert syscalls.prctl(3) in (0, 1)  # PR_GET_DUMPABLE
